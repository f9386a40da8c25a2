/** Containers by an OCI runtime (runc, or crun where it works) under conmon. All state is on disk, below one folder. */
import { type FSWatcher, watch } from 'node:fs'
import { mkdir, open, readFile, rm, stat, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Cgroups } from './cgroups.ts'
import { startConmon } from './conmon.ts'
import { type ContainerRuntime, type ListedContainer, RuntimeError } from './container-runtime.ts'
import { spawnSession } from './exec-session.ts'
import { ociSpec } from './oci-spec.ts'
import { releaseByFifo } from './release-fifo.ts'
import type { RootFs } from './root-fs.ts'
import { CommandError, mustRun, runCommand } from './run-command.ts'

export interface RuncOptions {
  /** `runc` or `crun`, or a path. */
  binary: string
  version: string
  conmon: string
  /** Where the state of running containers is kept. */
  stateDir: string
  cgroups: Cgroups
  rootFs: RootFs
}

export async function runcRuntime(options: RuncOptions): Promise<ContainerRuntime & { close(): void }> {
  const { binary, version, cgroups, rootFs, stateDir } = options
  const paths = {
    conmon: options.conmon,
    runtime: binary,
    runtimeRoot: join(stateDir, 'oci'),
    exits: join(stateDir, 'exits'),
    sockets: join(stateDir, 's'),
  }
  for (const dir of [paths.runtimeRoot, paths.exits, paths.sockets]) await mkdir(dir, { recursive: true, mode: 0o700 })
  const runtime = (...args: string[]) => ['--root', paths.runtimeRoot, ...args]
  const cgroupsPath = (parent: string, id: string) => `${cgroups.parent}/${parent}/${id}`
  const isRunc = binary.endsWith('runc')
  const handlers = new Set<(id: string) => void>()
  let watcher: FSWatcher | undefined

  const isGone = (error: unknown) =>
    error instanceof CommandError && /does not exist|not running|no such process|container not/i.test(error.message)

  return {
    name: binary.split('/').at(-1)!,
    version,
    async create(spec) {
      const { id, dir, logPath, stdin, tty } = spec
      await mkdir(dir, { recursive: true })
      const config = ociSpec(spec, { cgroupsPath: cgroupsPath(spec.cgroupParent, id), mountCgroups: true })
      await Promise.all([
        rootFs.mount(dir, spec.layers).catch(error => {
          throw new RuntimeError('CreateContainerError', `cannot make the root file system: ${error.message}`)
        }),
        writeFile(join(dir, 'config.json'), JSON.stringify(config), { mode: 0o600 }),
      ])
      return { pid: await startConmon(paths, { id, dir, logPath, stdin, tty }) }
    },
    async start(id) {
      try {
        if (isRunc && (await releaseByFifo(paths.runtimeRoot, id))) return
        await mustRun(binary, runtime('start', id))
      } catch (error) {
        throw new RuntimeError('StartError', (error as Error).message)
      }
    },
    async kill(id, signal) {
      try {
        await mustRun(binary, runtime('kill', id, signal))
      } catch (error) {
        if (!isGone(error)) throw error
      }
    },
    async delete(id, dir) {
      const { code, stderr } = await runCommand(binary, runtime('delete', '--force', id))
      if (code !== 0 && !/does not exist/.test(stderr)) throw new CommandError(`${binary} delete ${id}: ${stderr.trim()}`)
      await rootFs.unmount(dir)
      await Promise.all([
        rm(join(paths.sockets, id), { recursive: true, force: true }),
        rm(dir, { recursive: true, force: true }),
        unlink(join(paths.exits, id)).catch(() => {}),
      ])
    },
    async list() {
      const found = JSON.parse(await mustRun(binary, runtime('list', '--format', 'json'), { keep: 8_000_000 })) as
        | { id: string; status: string; pid: number }[]
        | null
      return (found ?? []).map(
        ({ id, status, pid }): ListedContainer => ({
          id,
          pid,
          phase: status === 'created' ? 'created' : status === 'stopped' ? 'stopped' : 'running',
        }),
      )
    },
    async exit(id, dir) {
      const file = join(paths.exits, id)
      const code = await readFile(file, 'utf8').catch(() => undefined)
      if (code === undefined || code === '') return undefined
      const { mtimeMs } = await stat(file)
      // conmon leaves a file named oom; an end that it was too late to see is still counted by the kernel.
      const parsed = await readFile(join(dir, 'config.json'), 'utf8').catch(() => undefined)
      const group = parsed && (JSON.parse(parsed) as { linux: { cgroupsPath: string } }).linux.cgroupsPath
      const oomKilled =
        (await stat(join(dir, 'oom')).then(
          () => true,
          () => false,
        )) ||
        (Number(code) === 137 && group !== undefined && (await cgroups.oomKills(group)) > 0)
      return { code: Number(code), finishedAt: Math.floor(mtimeMs), oomKilled }
    },
    async exec(id, command, timeoutMs) {
      const { code, stdout, stderr } = await runCommand(binary, runtime('exec', id, ...command), { timeoutMs, keep: 10_240 })
      return { code, output: stdout + stderr }
    },
    execSession: (id, command, settings) =>
      spawnSession(
        binary,
        runtime('exec', ...(settings.tty ? ['--tty'] : []), ...(settings.env ?? []).flatMap(e => ['--env', e]), id, ...command),
        settings,
      ),
    async attach(id, dir) {
      const socket = join(paths.sockets, id, 'attach')
      await stat(socket)
      // conmon speaks packets (SOCK_SEQPACKET), which Node's sockets do not; its answers carry the stream's number in the first byte.
      const relay =
        'use Socket;socket(S,AF_UNIX,SOCK_SEQPACKET,0)||die;connect(S,pack_sockaddr_un($ARGV[0]))||die "$!";if(fork){while(sysread(STDIN,$b,8192)){syswrite(S,$b)}shutdown(S,1);wait}' +
        'else{while(sysread(S,$b,8193)){$t=ord($b);syswrite($t==3?STDERR:STDOUT,substr($b,1))}kill 15,getppid}'
      const session = spawnSession('perl', ['-e', relay, socket], { stdin: true })
      return {
        ...session,
        resize: (columns, rows) => void writeFile(join(dir, 'winsz'), `${rows} ${columns}\n`).catch(() => {}),
      }
    },
    stats: (parent, id) => cgroups.stats(cgroupsPath(parent, id)),
    async reopenLog(dir) {
      const ctl = await open(join(dir, 'ctl'), 'r+')
      try {
        // Message type 2 of conmon's control fifo (src/ctrl.c): reopen the log.
        await ctl.write('2 0 0\n')
      } finally {
        await ctl.close()
      }
    },
    onExit(handler) {
      handlers.add(handler)
      watcher ??= watch(paths.exits, { persistent: false }, (_, name) => {
        if (name && !name.includes('.')) for (const each of handlers) each(name)
      })
      return () => void handlers.delete(handler)
    },
    async forget(parent) {
      for (let i = 0; i < 10 && !(await cgroups.remove(`${cgroups.parent}/${parent}`)); i++)
        await new Promise(r => setTimeout(r, 20))
    },
    close: () => watcher?.close(),
  }
}

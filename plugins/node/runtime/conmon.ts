/**
 * conmon (github.com/containers/conmon) is the small C program that stays with a container: it holds its streams, writes the log and the
 * exit file, so that nothing of a container depends on this process. This file starts it and waits for its answer.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { RuntimeError } from './container-runtime.ts'

export interface ConmonPaths {
  conmon: string
  /** The OCI runtime's binary, and where it keeps its state. */
  runtime: string
  runtimeRoot: string
  exits: string
  sockets: string
}
export interface ConmonContainer {
  id: string
  dir: string
  logPath: string
  stdin: boolean
  tty: boolean
}

export const conmonArgs = (paths: ConmonPaths, { id, dir, logPath, stdin, tty }: ConmonContainer): string[] => [
  ...['--api-version', '1', '--cid', id, '--cuuid', id, '--name', id],
  ...['--runtime', paths.runtime, '--runtime-arg', `--root=${paths.runtimeRoot}`, '--bundle', dir],
  ...['--container-pidfile', join(dir, 'pid'), '--conmon-pidfile', join(dir, 'conmon.pid')],
  ...['--exit-dir', paths.exits, '--persist-dir', dir, '--socket-dir-path', paths.sockets],
  ...['--log-path', `k8s-file:${logPath}`, '--no-sync-log'],
  ...(stdin ? ['--stdin'] : []),
  ...(tty ? ['--terminal'] : []),
]

/** The runtime's words without what wraps them: `runc create failed: unable to start container process: exec: "x": …` keeps its tail. */
export const runtimeWords = (text: string): string =>
  text
    .split('\n')
    .map(line => /msg="((?:[^"\\]|\\.)*)"/.exec(line)?.[1]?.replaceAll('\\"', '"') ?? line)
    .filter(Boolean)
    .join('; ')
    .trim()

/** Faults of what was asked for, which another try will not mend; anything else is the machine's. */
const isUserFault = (message: string) =>
  /exec:|no such file or directory|permission denied|not a directory|exec format error|chdir|setgid|setuid/i.test(message)

/**
 * Starts conmon, which makes the container, and resolves with the pid of its first process, which waits to be started.
 * conmon's answer comes over the pipe named by `_OCI_SYNCPIPE`, as one JSON line.
 */
export function startConmon(paths: ConmonPaths, container: ConmonContainer): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(paths.conmon, conmonArgs(paths, container), {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH, _OCI_SYNCPIPE: '3' },
      // It leaves a file named oom where it runs, besides the one in the container's folder.
      cwd: container.dir,
      detached: true,
    })
    let answer = ''
    let stderr = ''
    const fail = (message: string) => {
      const words = runtimeWords(message) || 'conmon gave no reason'
      reject(new RuntimeError(isUserFault(words) ? 'StartError' : 'CreateContainerError', words))
    }
    child.on('error', error => fail(`cannot run ${paths.conmon}: ${error.message}`))
    child.stderr!.on('data', (chunk: Buffer) => {
      stderr += chunk
    })
    const sync = child.stdio[3] as NodeJS.ReadableStream
    sync.on('data', (chunk: Buffer) => {
      answer += chunk
      if (answer.includes('\n')) settle()
    })
    sync.on('end', settle)
    let settled = false
    function settle() {
      if (settled) return
      settled = true
      child.stderr!.destroy()
      let parsed: { data: number; message?: string }
      try {
        parsed = JSON.parse(answer)
      } catch {
        return fail(answer + stderr)
      }
      // conmon goes on holding its end of the pipe while it lives; this one must not keep our process up.
      ;(sync as unknown as { destroy(): void }).destroy()
      child.unref()
      if (parsed.data > 0) resolve(parsed.data)
      else fail(parsed.message ?? stderr)
    }
  })
}

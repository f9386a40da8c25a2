/** Finds what works here by running a trivial container, runc first: crun, for one, refuses cgroups that are mounted in hybrid mode. */
import { copyFile, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@slipway/core/observe'
import { unmountBelow } from '../host/mounts.ts'
import { type Cgroups, openCgroups } from './cgroups.ts'
import type { ContainerRuntime, ContainerSpec } from './container-runtime.ts'
import { chooseRootFs, type RootFs } from './root-fs.ts'
import { runCommand } from './run-command.ts'
import { runcRuntime } from './runc-runtime.ts'

export class NoRuntimeError extends Error {
  readonly reason = 'ContainerRuntimeNotReady'
  constructor(message: string) {
    super(message)
    this.name = 'NoRuntimeError'
  }
}

async function findProgram(name: string): Promise<string | undefined> {
  for (const dir of [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/usr/libexec/podman', '/usr/bin']) {
    if (!dir) continue
    const path = join(dir, name)
    if (
      await stat(path).then(
        s => s.isFile(),
        () => false,
      )
    )
      return path
  }
  return undefined
}

/** A container whose only file is this program; any end of it, even a failed exec inside, shows that the runtime makes containers. */
const trialSpec = (id: string, dir: string, layer: string): ContainerSpec => ({
  id,
  dir,
  layers: [layer],
  readonlyRoot: false,
  args: ['/trial'],
  env: [],
  cwd: '/',
  user: { uid: 0, gid: 0, groups: [] },
  hostname: 'trial',
  mounts: [],
  netns: undefined,
  hostPid: false,
  resources: { cpuShares: 2, pidsLimit: 16 },
  cgroupParent: 'pods/trial',
  capabilities: [],
  privileged: false,
  noNewPrivileges: true,
  oomScoreAdj: 0,
  sysctls: {},
  logPath: join(dir, '..', 'trial.log'),
  stdin: false,
  tty: false,
})

async function clear(scratch: string): Promise<void> {
  await unmountBelow(scratch)
  await rm(scratch, { recursive: true, force: true })
}

async function tryOut(runtime: ContainerRuntime, scratch: string): Promise<string | undefined> {
  const layer = join(scratch, 'layer')
  const dir = join(scratch, 'container')
  const id = `trial-${process.pid}`
  await mkdir(layer, { recursive: true })
  await copyFile('/bin/true', join(layer, 'trial'))
  try {
    await runtime.create(trialSpec(id, dir, layer))
    return undefined
  } catch (error) {
    const { message } = error as Error
    // /bin/true needs a loader that the trial's root has not: the runtime got as far as running it, and that is all we ask.
    return /exec \/trial|exec: "\/trial"/.test(message) ? undefined : message
  } finally {
    await runtime.delete(id, dir).catch(() => {})
    await runtime.forget('pods/trial')
  }
}

export interface ChosenRuntime {
  runtime: ContainerRuntime & { close(): void }
  cgroups: Cgroups
  rootFs: RootFs['kind']
}

/**
 * @param instance names the parent cgroup, so that several instances on one machine do not meet
 * @throws NoRuntimeError with what was tried and what to install
 */
export async function chooseRuntime(options: {
  stateDir: string
  instance: string
  log: Log
  binaries?: string[]
}): Promise<ChosenRuntime> {
  const { stateDir, instance, log, binaries = ['runc', 'crun'] } = options
  if (process.platform !== 'linux') throw new NoRuntimeError(`containers need Linux, this is ${process.platform}`)
  if (process.getuid?.() !== 0) throw new NoRuntimeError('containers need root: run as root, or with passwordless sudo')
  const conmon = await findProgram('conmon')
  if (!conmon) throw new NoRuntimeError('conmon is not installed: apt-get install conmon runc')
  const cgroups = await openCgroups(instance)
  await cgroups.prepare()
  await mkdir(stateDir, { recursive: true })
  const rootFs = await chooseRootFs(stateDir)
  if (rootFs.kind === 'copy')
    log.warn({ dir: stateDir }, 'overlayfs does not work on this file system: images are copied for each container')
  const refused: string[] = []
  for (const name of binaries) {
    const binary = await findProgram(name)
    if (!binary) {
      refused.push(`${name} is not installed`)
      continue
    }
    const version = /version (\S+)/.exec((await runCommand(binary, ['--version'])).stdout)?.[1] ?? 'unknown'
    const runtime = await runcRuntime({ binary, version, conmon, stateDir, cgroups, rootFs })
    const scratch = join(stateDir, 'trial')
    // A run that was killed in its trial left a mount, and a volatile overlay that may not be mounted again.
    await clear(scratch)
    const problem = await tryOut(runtime, scratch).finally(() => clear(scratch))
    if (!problem) {
      log.info({ runtime: name, version, conmon, cgroups: cgroups.version, rootFs: rootFs.kind }, 'container runtime chosen')
      return { runtime, cgroups, rootFs: rootFs.kind }
    }
    runtime.close()
    refused.push(`${name} ${version}: ${problem}`)
    log.debug({ runtime: name, problem }, 'container runtime does not work here')
  }
  throw new NoRuntimeError(`no container runtime works here: ${refused.join('; ')}. Install one: apt-get install runc conmon`)
}

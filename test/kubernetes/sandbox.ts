/**
 * A machine within the machine: one process that owns new network, process and mount namespaces. The whole cluster runs inside, so that
 * ending this one process ends every other, and takes interfaces, nftables, pod networks and mounts along, also when the tests are killed.
 * The host reaches it by a veth pair. Only control groups live outside; they are removed once they are empty.
 */
import { existsSync } from 'node:fs'
import { readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand, tryCommand } from '../harness/run-command.ts'
import type { Scope } from '../harness/scope.ts'
import { startProcess } from '../harness/start-process.ts'

export interface Sandbox {
  /** Short, unique on this machine. */
  id: string
  /** Of the node, reachable from the host and from pods. */
  address: string
  /** Of the host, as the node and its pods see it. */
  hostAddress: string
  /** The command line that runs a program inside. */
  enter(command: string, args: string[]): { command: string; args: string[] }
}

/** Runs as process 1 inside: hides the host's state folders, then waits for orphans. */
const init = `set -e
for folder in /run /var/lib /var/log; do mount -t tmpfs tmpfs $folder; done
ip link set lo up
touch "$1"
while :; do sleep 3600 & wait $!; done`

const cgroupRoot = '/sys/fs/cgroup'

async function cgroupHierarchies(): Promise<string[]> {
  if (existsSync(join(cgroupRoot, 'cgroup.controllers'))) return [cgroupRoot]
  return (await readdir(cgroupRoot)).map(name => join(cgroupRoot, name))
}

/** Deepest first; a group with a process in it is another's and stays. */
async function removeEmptyGroups(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await removeEmptyGroups(join(folder, entry.name))
  await rmdir(folder).catch(() => undefined)
}

/** containerd puts what it runs for Kubernetes under this name, whatever the kubelet asks for where it keeps no groups of its own. */
const containerdGroup = 'k8s.io'
async function removeCgroups(): Promise<void> {
  for (const hierarchy of await cgroupHierarchies()) await removeEmptyGroups(join(hierarchy, containerdGroup))
}

const dead = (pid: number) => pid > 0 && !existsSync(`/proc/${pid}`)
const folderPrefix = 'slipway-kubernetes-'
/** The prefix of a cluster's temporary folder; names the process that made it. */
export const clusterFolderPrefix = `${folderPrefix}${process.pid}-`

/** Control groups and folders left by a run that was killed; its namespaces ended with it. */
export async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir()))
    if (name.startsWith(folderPrefix) && dead(Number.parseInt(name.slice(folderPrefix.length), 10)))
      await rm(join(tmpdir(), name), { recursive: true, force: true })
  await removeCgroups()
}

let count = 0

/** A /30 that no interface of the host uses. Pure but for `used`. */
export function freeSubnet(used: string[], seed: number): [host: string, node: string] {
  for (let n = 0; n < 64 * 256; n++) {
    const at = (seed + n) % (64 * 256)
    const base = `10.${190 + (at >> 8)}.${at & 255}`
    if (!used.some(address => address.startsWith(`${base}.`))) return [`${base}.1`, `${base}.2`]
  }
  throw new Error('no free /30 between 10.190.0.0 and 10.253.255.0')
}

export async function startSandbox(folder: string, scope: Scope): Promise<Sandbox> {
  const id = `${process.pid}-${++count}`
  const ready = join(folder, 'sandbox.ready')
  scope.defer(removeCgroups)
  const running = await startProcess({
    name: 'sandbox',
    command: 'unshare',
    args: [
      '--net',
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      '--propagation',
      'private',
      'bash',
      '-c',
      init,
      'init',
      ready,
    ],
    logFile: join(folder, 'sandbox.log'),
    ready: async () => existsSync(ready),
  })
  scope.defer(() => running.stop('SIGKILL'))
  const inner = (await readFile(`/proc/${running.pid}/task/${running.pid}/children`, 'utf8')).trim()
  const addresses = (await runCommand('ip', ['-4', '-o', 'addr'])).match(/\d+\.\d+\.\d+\.\d+/g) ?? []
  const [hostAddress, address] = freeSubnet(addresses, process.pid)
  const [outside, inside] = [`sw${id}h`.slice(0, 15), `sw${id}n`.slice(0, 15)]
  const enter: Sandbox['enter'] = (command, args) => ({
    command: 'nsenter',
    args: ['-t', inner, '-n', '-m', '-p', '--', command, ...args],
  })
  await runCommand('ip', ['link', 'add', outside, 'type', 'veth', 'peer', 'name', inside])
  scope.defer(() => tryCommand('ip', ['link', 'del', outside]))
  await runCommand('ip', ['link', 'set', inside, 'netns', inner])
  await runCommand('ip', ['addr', 'add', `${hostAddress}/30`, 'dev', outside])
  await runCommand('ip', ['link', 'set', outside, 'up'])
  for (const args of [
    ['addr', 'add', `${address}/30`, 'dev', inside],
    ['link', 'set', inside, 'up'],
    ['route', 'add', 'default', 'via', hostAddress],
  ]) {
    const inNamespace = enter('ip', args)
    await runCommand(inNamespace.command, inNamespace.args)
  }
  return { id, address, hostAddress, enter }
}

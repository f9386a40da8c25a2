/** Removes everything that a node made on this machine: containers, mounts, namespaces, bridge, firewall rules, control groups, its folder. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bridgeName, namespacePrefix } from './network/bridge-network.ts'
import { closeEgress } from './network/egress.ts'
import { ipForce, listNamespaces } from './network/ip-command.ts'
import { instanceOf } from './node.ts'
import { openCgroups } from './runtime/cgroups.ts'
import { runCommand } from './runtime/run-command.ts'

/** What is mounted below a folder, innermost first. */
export function mountsBelow(mountInfo: string, dir: string): string[] {
  const points = mountInfo.split('\n').flatMap(line => {
    const point = line.split(' ')[4]?.replace(/\\(\d{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8)))
    return point?.startsWith(`${dir}/`) ? [point] : []
  })
  return points.sort((a, b) => b.length - a.length)
}

async function removeContainers(stateDir: string): Promise<void> {
  const root = join(stateDir, 'oci')
  for (const id of await readdir(root).catch(() => []))
    for (const runtime of ['runc', 'crun']) {
      const { code } = await runCommand(runtime, ['--root', root, 'delete', '--force', id]).catch(() => ({ code: 1 }))
      if (code === 0) break
    }
}

/** Never rejects over what is gone already. The node must not be running. @param dataDir as given to startNode */
export async function cleanUp(dataDir: string): Promise<void> {
  const instance = instanceOf(dataDir)
  await removeContainers(join(dataDir, 'run'))
  const { cidr } = await readFile(join(dataDir, 'network.json'), 'utf8').then(JSON.parse, () => ({}))
  await ipForce([
    ...(await listNamespaces(namespacePrefix(instance))).map(name => `netns del ${name}`),
    `link del ${bridgeName(instance)}`,
  ]).catch(() => {})
  if (cidr) await closeEgress(cidr, bridgeName(instance))
  for (const point of mountsBelow(await readFile('/proc/self/mountinfo', 'utf8').catch(() => ''), dataDir))
    await runCommand('umount', ['-l', point])
  const cgroups = await openCgroups(instance).catch(() => undefined)
  await cgroups?.remove(cgroups.parent)
  await rm(dataDir, { recursive: true, force: true })
}

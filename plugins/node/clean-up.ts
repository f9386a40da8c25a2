/** Removes everything that a node made on this machine: containers, mounts, namespaces, bridge, firewall rules, control groups, its folder. */
import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { instanceOf } from './host/instance.ts'
import { unmountBelow } from './host/mounts.ts'
import { bridgeName, namespacePrefix } from './network/bridge-network.ts'
import { closeEgress } from './network/egress.ts'
import { ipForce, listNamespaces } from './network/ip-command.ts'
import { openCgroups } from './runtime/cgroups.ts'
import { runCommand } from './runtime/run-command.ts'

async function removeContainers(stateDir: string): Promise<void> {
  const root = join(stateDir, 'oci')
  for (const id of await readdir(root).catch(() => []))
    for (const runtime of ['runc', 'crun']) {
      const { code } = await runCommand(runtime, ['--root', root, 'delete', '--force', id]).catch(() => ({ code: 1 }))
      if (code === 0) break
    }
}

const removeNamespaces = async (instance: string) => {
  const names = await listNamespaces(namespacePrefix(instance)).catch(() => [])
  await ipForce([...names.map(name => `netns del ${name}`), `link del ${bridgeName(instance)}`]).catch(() => {})
}

/** Never rejects over what is gone already. The node must not be running. @param dataDir as given to startNode */
export async function cleanUp(dataDir: string): Promise<void> {
  const instance = instanceOf(dataDir)
  await removeContainers(join(dataDir, 'run'))
  const { cidr } = await readFile(join(dataDir, 'network.json'), 'utf8').then(JSON.parse, () => ({}))
  await removeNamespaces(instance)
  if (cidr) await closeEgress(cidr, bridgeName(instance))
  await unmountBelow(dataDir)
  const cgroups = await openCgroups(instance).catch(() => undefined)
  await cgroups?.remove(cgroups.parent)
  await rm(dataDir, { recursive: true, force: true })
  // A command that a killed node had just begun may have come after the first look.
  await removeNamespaces(instance)
}

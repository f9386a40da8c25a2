/** iproute2: several commands in one start of `ip`, and its JSON answers. */
import { mustRun, runCommand } from '../runtime/run-command.ts'
import { parseSubnet, type Subnet } from './subnet.ts'

/** @param netns run inside this namespace @throws CommandError with the first failing command's words */
export async function ipBatch(commands: string[], netns?: string): Promise<void> {
  await mustRun('ip', [...(netns ? ['-n', netns] : []), '-batch', '-'], { input: `${commands.join('\n')}\n` })
}

/** Like ipBatch, going on after failures and hiding them: for taking down what may be gone already. */
export async function ipForce(commands: string[]): Promise<void> {
  await runCommand('ip', ['-force', '-batch', '-'], { input: `${commands.join('\n')}\n` })
}

/** Networks that this machine has addresses in or routes to, except those of one device. */
export async function usedSubnets(exceptDevice: string): Promise<Subnet[]> {
  const routes = JSON.parse((await mustRun('ip', ['-j', '-4', 'route', 'show', 'table', 'all'])) || '[]') as {
    dst: string
    dev?: string
    type?: string
  }[]
  const addresses = JSON.parse((await mustRun('ip', ['-j', '-4', 'addr'])) || '[]') as {
    ifname: string
    addr_info?: { local: string; prefixlen: number }[]
  }[]
  const cidrs = [
    ...routes.filter(r => r.dev !== exceptDevice && r.dst !== 'default').map(r => (r.dst.includes('/') ? r.dst : `${r.dst}/32`)),
    ...addresses.filter(a => a.ifname !== exceptDevice).flatMap(a => (a.addr_info ?? []).map(i => `${i.local}/${i.prefixlen}`)),
  ]
  return cidrs.filter(c => /^\d/.test(c)).map(parseSubnet)
}

/** Namespaces made by `ip netns` whose name begins so. */
export async function listNamespaces(prefix: string): Promise<string[]> {
  const { stdout } = await runCommand('ip', ['-j', 'netns', 'list'])
  const found = JSON.parse(stdout.trim() || '[]') as { name?: string }[]
  return found.map(n => n.name ?? '').filter(n => n.startsWith(prefix))
}

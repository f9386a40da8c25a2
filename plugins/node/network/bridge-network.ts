/**
 * One network namespace a pod, tied by a veth pair to a bridge of this instance, which has the first address. A few namespaces are made
 * ahead, because making one takes longer than starting a container. A namespace is named by its address, so that what is on the machine
 * can be read back from the machine.
 */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '@slipway/core/observe'
import { closeEgress, openEgress } from './egress.ts'
import { ipBatch, ipForce, listNamespaces, usedSubnets } from './ip-command.ts'
import type { NetworkLease, PodNetwork } from './pod-network.ts'
import { cidrOf, freeSubnet, nextHost, overlaps, parseSubnet, type Subnet, sizeOf, toAddress, toNumber } from './subnet.ts'

const namespaces = '/run/netns'

export interface BridgeOptions {
  /** Six hexadecimal digits that no other instance on this machine has. */
  instance: string
  /** Keeps the chosen network over restarts. */
  dataDir: string
  /** A network to use instead of a free one. */
  cidr?: string
  egress: boolean
  /** Namespaces made ahead. */
  ahead: number
  log: Log
}

export const bridgeName = (instance: string) => `slw${instance}`
/**
 * A bridge without an address of its own takes the lowest of its ports', and so changes it as pods come and go; pods that know the old one
 * would talk to nobody until they ask again, most of a minute later. Locally administered (IEEE 802, second bit of the first octet).
 */
export const bridgeMac = (instance: string) => `02:51:70:${instance.match(/../g)!.slice(0, 3).join(':')}`
export const namespacePrefix = (instance: string) => `slipway-${instance}-`

async function chooseSubnet({ dataDir, instance, cidr }: BridgeOptions): Promise<Subnet> {
  const file = join(dataDir, 'network.json')
  const kept = await readFile(file, 'utf8').then(
    text => (JSON.parse(text) as { cidr: string }).cidr,
    () => undefined,
  )
  const used = await usedSubnets(bridgeName(instance))
  const usable = (text: string | undefined) => text !== undefined && !used.some(other => overlaps(parseSubnet(text), other))
  if (cidr && !usable(cidr))
    throw new Error(`the configured pod network ${cidr} overlaps a network that this machine is in; choose another`)
  const chosen = cidr
    ? parseSubnet(cidr)
    : usable(kept)
      ? parseSubnet(kept!)
      : freeSubnet(used, Number.parseInt(instance.slice(0, 2), 16))
  if (!chosen) throw new Error('no free network was found in 10.201.0.0/16; set plugins.node.cidr')
  await writeFile(file, JSON.stringify({ cidr: cidrOf(chosen), bridge: bridgeName(instance) }))
  return chosen
}

/** @throws CommandError where namespaces or bridges cannot be made */
export async function bridgeNetwork(options: BridgeOptions): Promise<PodNetwork> {
  const { instance, egress, ahead, log } = options
  const subnet = await chooseSubnet(options)
  const bridge = bridgeName(instance)
  const prefix = namespacePrefix(instance)
  const hostAddress = toAddress(subnet.base + 1)
  const taken = new Set<number>()
  const ready: NetworkLease[] = []
  let last = 1
  let closing = false
  let filling: Promise<void> | undefined

  const numberOf = (lease: NetworkLease) => toNumber(lease.ip) - subnet.base
  const nameOf = (lease: NetworkLease) => lease.netns!.slice(namespaces.length + 1)
  const vethOf = (host: number) => `${bridge}v${host}`

  const up = [
    `link set ${bridge} address ${bridgeMac(instance)}`,
    `link set ${bridge} up`,
    `addr replace ${hostAddress}/${subnet.prefix} dev ${bridge}`,
  ]
  if (await stat(`/sys/class/net/${bridge}`).catch(() => undefined)) await ipBatch(up)
  else await ipBatch([`link add ${bridge} type bridge`, ...up])
  if (egress) {
    const { tool, problem } = await openEgress(cidrOf(subnet), bridge)
    if (problem) log.warn({ problem }, 'pods have no way out')
    else log.debug({ tool }, 'pods reach outside by masquerading')
  }

  async function make(): Promise<NetworkLease> {
    const host = nextHost(subnet, taken, last)
    if (host === undefined) throw new Error(`all ${sizeOf(subnet) - 3} addresses of ${cidrOf(subnet)} are in use`)
    taken.add(host)
    last = host
    const name = `${prefix}${host}`
    const ip = toAddress(subnet.base + host)
    try {
      await ipBatch([
        `netns add ${name}`,
        `link add ${vethOf(host)} type veth peer name eth0 netns ${name}`,
        `link set ${vethOf(host)} master ${bridge} up`,
      ])
      await ipBatch(
        [
          'link set lo up',
          `addr add ${ip}/${subnet.prefix} dev eth0`,
          'link set eth0 up',
          `route add default via ${hostAddress}`,
        ],
        name,
      )
    } catch (error) {
      await ipForce([`netns del ${name}`, `link del ${vethOf(host)}`])
      taken.delete(host)
      throw error
    }
    return { mode: 'bridge', netns: join(namespaces, name), ip }
  }

  function fill(): void {
    if (filling || closing || ready.length >= ahead) return
    filling = make()
      .then(lease => void ready.push(lease))
      .finally(() => {
        filling = undefined
      })
    filling.then(fill, error => log.warn({ err: error }, 'a network namespace could not be prepared'))
  }
  /** A little later, so that preparing does not take the processor from the pod that is just starting. */
  const fillLater = () => void setTimeout(fill, 500).unref()

  return {
    mode: 'bridge',
    hostAddress,
    cidr: cidrOf(subnet),
    async acquire() {
      const lease = ready.shift() ?? (await make())
      fillLater()
      return lease
    },
    async release(lease) {
      await ipForce([`netns del ${nameOf(lease)}`])
      taken.delete(numberOf(lease))
    },
    exists: async lease =>
      stat(lease.netns!).then(
        () => true,
        () => false,
      ),
    async adopt(leases) {
      const kept = new Set(leases.filter(l => l.mode === 'bridge').map(nameOf))
      for (const lease of leases) if (lease.mode === 'bridge') taken.add(numberOf(lease))
      last = Math.max(1, ...taken)
      const orphans = (await listNamespaces(prefix)).filter(name => !kept.has(name))
      if (orphans.length) await ipForce(orphans.map(name => `netns del ${name}`))
      fill()
    },
    async close() {
      closing = true
      await filling?.catch(() => {})
      await ipForce(ready.splice(0).map(lease => `netns del ${nameOf(lease)}`))
    },
    async destroy() {
      closing = true
      await filling?.catch(() => {})
      await ipForce([...(await listNamespaces(prefix)).map(name => `netns del ${name}`), `link del ${bridge}`])
      await closeEgress(cidrOf(subnet), bridge)
    },
  }
}

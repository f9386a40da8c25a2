/** Addresses and node ports of Services: 10.96.0.0/16 and 30000-32767. Source: k8s.io/kubernetes pkg/registry/core/service/storage/alloc.go */
import { randomInt } from 'node:crypto'
import { isIPv4 } from 'node:net'
import { invalid, invalidObject, type KubeObject } from '@slipway/core/api'
import type { Transaction } from '../store/store.ts'

interface ServiceSpec {
  type?: string
  clusterIP?: string
  clusterIPs?: string[]
  ports?: { nodePort?: number }[]
  externalTrafficPolicy?: string
  healthCheckNodePort?: number
}
const prefix = '10.96.'
const ports = { first: 30_000, last: 32_767 }

const specOf = (object: KubeObject): ServiceSpec => ((object as unknown as { spec?: ServiceSpec }).spec ??= {})
const others = (tx: Transaction, { metadata }: KubeObject): ServiceSpec[] =>
  [...tx.list('services')].filter(entry => entry.object.metadata.uid !== metadata.uid).map(entry => specOf(entry.object))

/**
 * Gives a Service the addresses and ports that it asks for or needs, in place; what it has it keeps.
 * @throws StatusError 422 when what it names is taken, or out of range
 */
export function allocateForService(object: KubeObject, tx: Transaction): void {
  const spec = specOf(object)
  if (spec.type === 'ExternalName') return
  const rest = others(tx, object)
  allocateAddress(object.metadata.name, spec, rest)
  if (spec.type === 'NodePort' || spec.type === 'LoadBalancer') allocatePorts(spec, rest)
}

function allocateAddress(name: string, spec: ServiceSpec, rest: ServiceSpec[]): void {
  const wanted = spec.clusterIP || spec.clusterIPs?.[0]
  const used = new Set(rest.map(({ clusterIP }) => clusterIP))
  const refuse = (why: string) =>
    invalidObject('Service', '', name, [invalid('spec.clusterIPs', [wanted], `failed to allocate IP ${wanted}: ${why}`)])
  if (wanted && wanted !== 'None') {
    if (isIPv4(wanted) && !wanted.startsWith(prefix)) throw refuse('the provided network does not match the current range')
    if (used.has(wanted)) throw refuse('provided IP is already allocated')
  }
  let address = wanted
  while (!address || (!wanted && used.has(address))) address = `${prefix}${randomInt(256)}.${randomInt(1, 255)}`
  spec.clusterIP = address
  spec.clusterIPs = [address]
}

function allocatePorts(spec: ServiceSpec, rest: ServiceSpec[]): void {
  const used = new Set(rest.flatMap(other => [...(other.ports ?? []).map(({ nodePort }) => nodePort), other.healthCheckNodePort]))
  const free = () => {
    let port = randomInt(ports.first, ports.last + 1)
    while (used.has(port)) port = randomInt(ports.first, ports.last + 1)
    used.add(port)
    return port
  }
  for (const port of spec.ports ?? []) port.nodePort ||= free()
  if (spec.type === 'LoadBalancer' && spec.externalTrafficPolicy === 'Local') spec.healthCheckNodePort ||= free()
}

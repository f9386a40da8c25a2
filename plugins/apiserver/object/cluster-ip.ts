/** Addresses of Services, from 10.96.0.0/16. Source: k8s.io/kubernetes pkg/registry/core/service/storage/alloc.go */
import { randomInt } from 'node:crypto'
import { invalid, invalidObject, type KubeObject } from '@slipway/core/api'
import type { Transaction } from '../store/store.ts'

type ServiceSpec = { type?: string; clusterIP?: string; clusterIPs?: string[]; ipFamilies?: string[]; ipFamilyPolicy?: string }
const prefix = '10.96'

const taken = (tx: Transaction): Set<string> =>
  new Set([...tx.list('services')].map(entry => (entry.object as KubeObject & { spec: ServiceSpec }).spec.clusterIP ?? ''))

/** Gives a Service that wants one an address nobody has, in place. @throws StatusError 422 when the one that it names is taken */
export function allocateClusterIPs(object: KubeObject, tx: Transaction): void {
  const spec = ((object as unknown as { spec: ServiceSpec }).spec ??= {})
  if (spec.type === 'ExternalName') return
  const used = taken(tx)
  const wanted = spec.clusterIP ?? spec.clusterIPs?.[0]
  if (wanted && wanted !== 'None' && used.has(wanted))
    throw invalidObject('Service', '', object.metadata.name, [
      invalid('spec.clusterIPs', [wanted], `failed to allocate IP ${wanted}: provided IP is already allocated`),
    ])
  let address = wanted
  while (!address || (address !== 'None' && !wanted && used.has(address)))
    address = `${prefix}.${randomInt(256)}.${randomInt(1, 255)}`
  spec.clusterIP = address
  spec.clusterIPs = [address]
  spec.ipFamilies ??= ['IPv4']
  spec.ipFamilyPolicy ??= 'SingleStack'
}

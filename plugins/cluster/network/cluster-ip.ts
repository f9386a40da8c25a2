/**
 * Addresses for Services that have none, from one range. Nothing forwards to these addresses: they are there so that objects are complete,
 * and so that what reads `spec.clusterIP` finds one. Source: pkg/registry/core/service/ipallocator
 */

import { createHash } from 'node:crypto'
import { type KubeObject, k8s } from '@slipway/core/api'
import type { Reconciler } from '@slipway/core/runtime'

const toNumber = (address: string) => address.split('.').reduce((n, part) => n * 256 + Number(part), 0)
const toAddress = (n: number) => [24, 16, 8, 0].map(shift => (n >>> shift) & 255).join('.')

export interface Range {
  first: number
  size: number
}
/** @throws Error when the text is no IPv4 range */
export function parseRange(cidr: string): Range {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(cidr)
  const bits = Number(match?.[2])
  if (!match || bits > 30 || match[1]!.split('.').some(part => Number(part) > 255))
    throw new Error(`serviceRange: "${cidr}" is no IPv4 range; write one such as 10.96.0.0/16`)
  const size = 2 ** (32 - bits)
  return { first: Math.floor(toNumber(match[1]!) / size) * size, size }
}

/** The same Service gets the same address where it is free. Network, first and broadcast address are never given. @returns undefined when all are taken */
export function freeAddress({ first, size }: Range, key: string, used: ReadonlySet<string>): string | undefined {
  const usable = size - 3
  const start = createHash('sha256').update(key).digest().readUInt32BE(0) % usable
  for (let i = 0; i < usable; i++) {
    const address = toAddress(first + 2 + ((start + i) % usable))
    if (!used.has(address)) return address
  }
  return undefined
}

const needsAddress = ({ spec }: k8s.CoreService) => spec !== undefined && spec.type !== 'ExternalName' && !spec.clusterIP

const keyOf = ({ metadata }: KubeObject) => `${metadata.namespace}/${metadata.name}`

export function clusterIpReconciler(range: Range): Reconciler<k8s.CoreService> {
  return {
    name: 'service-ip-controller',
    kind: k8s.CoreService,
    // One at a time, each reading its predecessor's write: no address is given twice.
    concurrency: 1,
    async reconcile(service, { api, read, event }) {
      if (!service || service.metadata.deletionTimestamp || !needsAddress(service)) return undefined
      const used = new Set(read.list(k8s.CoreService).flatMap(({ spec }) => spec?.clusterIP ?? []))
      const address = freeAddress(range, keyOf(service), used)
      if (!address) {
        event(service, 'Warning', 'ClusterIPNotAllocated', 'no address is left in the range of Services (serviceRange)')
        return { requeueAfterMs: 60_000 }
      }
      const { uid, resourceVersion } = service.metadata
      await api.patch(k8s.CoreService, service.metadata, 'merge', {
        metadata: { uid, resourceVersion },
        spec: {
          clusterIP: address,
          clusterIPs: [address],
          ipFamilies: ['IPv4'],
          ipFamilyPolicy: service.spec?.ipFamilyPolicy ?? 'SingleStack',
        },
      })
      return undefined
    },
  }
}

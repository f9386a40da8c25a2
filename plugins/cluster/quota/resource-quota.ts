/** Keeps the usage in ResourceQuotas' status. Nothing is refused here: that is for admission. */
import { k8s, keyOf } from '@slipway/core/api'
import { type Reader, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import type { DiscoveredKind } from '../garbage/discovery.ts'
import { countedResource, quotaStatus } from './quota-usage.ts'

const quotasIn = (namespace: string | undefined, read: Reader) => read.list(k8s.ResourceQuota, namespace).map(keyOf)

/** @param kindOf the kind of a resource that is to be counted, if it is served */
export function resourceQuotaReconciler(
  kindOf: (group: string, resource: string) => DiscoveredKind | undefined,
): Reconciler<k8s.ResourceQuota> {
  return {
    name: 'resourcequota-controller',
    kind: k8s.ResourceQuota,
    watches: [
      watch(k8s.Pod, ({ metadata }, read) => quotasIn(metadata.namespace, read)),
      watch(k8s.CoreService, ({ metadata }, read) => quotasIn(metadata.namespace, read)),
    ],
    async reconcile(quota, { api, read }) {
      if (!quota || quota.metadata.deletionTimestamp) return undefined
      const { namespace } = quota.metadata
      const counts = new Map<string, number>()
      for (const name of Object.keys(quota.spec?.hard ?? {})) {
        const counted = countedResource(name)
        const kind = counted && kindOf(counted.group, counted.resource)
        if (!kind?.namespaced || !kind.verbs.includes('list')) continue
        const { items } = await api.list(kind, { namespace: namespace!, metadataOnly: true })
        counts.set(`${counted!.group}/${counted!.resource}`, items.length)
      }
      const status = quotaStatus(quota, {
        pods: read.list(k8s.Pod, namespace),
        services: read.list(k8s.CoreService, namespace),
        count: (group, resource) => counts.get(`${group}/${resource}`),
      })
      if (!sameJson(quota.status ?? {}, status)) await api.updateStatus(k8s.ResourceQuota, { ...quota, status })
      return undefined
    },
  }
}

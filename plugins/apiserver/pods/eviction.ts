/** POST pods/NAME/eviction: deletes a pod unless a PodDisruptionBudget forbids it. Source: k8s.io/kubernetes pkg/registry/core/pod/storage/eviction.go */
import { type KubeObject, StatusError } from '@slipway/core/api'
import { isDict } from '../apply/shape.ts'
import type { Transaction } from '../store/store.ts'
import type { VerbHandler } from '../verbs/call.ts'
import { commit } from '../verbs/commit.ts'
import { deleteIn } from '../verbs/delete.ts'
import type { DeleteOptions } from '../verbs/delete-options.ts'
import { requireEntry } from '../verbs/get.ts'
import { sentObject } from '../verbs/sent-object.ts'
import { writeOptions } from '../verbs/write-options.ts'

interface Selector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}
type Budget = KubeObject & {
  spec?: { selector?: Selector }
  status?: { disruptionsAllowed?: number; desiredHealthy?: number; currentHealthy?: number }
}

export const evictPod: VerbHandler = async (context, call) => {
  const options = writeOptions(call, 'CreateOptions')
  const { value } = await sentObject(call, 'Eviction')
  const sent = (value as { deleteOptions?: unknown }).deleteOptions
  const given = (isDict(sent) ? sent : {}) as Pick<DeleteOptions, 'gracePeriodSeconds' | 'propagationPolicy'> & {
    dryRun?: string[]
  }
  const { resource, namespace, name } = call
  const dryRun = options.dryRun || given.dryRun?.includes('All') === true
  await commit(context.store, dryRun, tx => {
    const entry = requireEntry(tx, resource, namespace, name!)
    requireBudget(tx, entry.object)
    deleteIn(tx, resource, entry, given, context.now())
  })
  return { code: 201, json: JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 }) }
}

/** @throws StatusError 429 when a budget that covers the pod allows no disruption */
function requireBudget(tx: Transaction, pod: KubeObject): void {
  const phase = (pod as { status?: { phase?: string } }).status?.phase
  if (pod.metadata.deletionTimestamp || phase === 'Succeeded' || phase === 'Failed' || phase === 'Pending') return
  for (const { object } of tx.list('poddisruptionbudgets.policy', pod.metadata.namespace)) {
    const { metadata, spec, status } = object as Budget
    if (!covers(spec?.selector, pod.metadata.labels ?? {}) || (status?.disruptionsAllowed ?? 0) > 0) continue
    throw new StatusError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: `The disruption budget ${metadata.name} needs ${status?.desiredHealthy ?? 0} healthy pods and has ${status?.currentHealthy ?? 0} currently`,
        },
      ],
    })
  }
}

/** Source: metav1.LabelSelectorAsSelector */
function covers(selector: Selector | undefined, labels: Record<string, string>): boolean {
  if (!selector) return false
  const equal = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value)
  const holds = ({ key, operator, values = [] }: { key: string; operator: string; values?: string[] }) => {
    const value = labels[key]
    if (operator === 'In') return value !== undefined && values.includes(value)
    if (operator === 'NotIn') return value === undefined || !values.includes(value)
    return (value !== undefined) === (operator === 'Exists')
  }
  return equal && (selector.matchExpressions ?? []).every(holds)
}

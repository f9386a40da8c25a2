/** What a ReplicaSet needs now. Pure. Source: pkg/controller/replicaset/replica_set.go, replica_set_utils.go (Kubernetes 1.34) */
import type { k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { deletionOrder } from '../pods/deletion-order.ts'
import { availableInMs, isActive, isAvailable, isReady, isTerminating } from '../pods/pod-state.ts'
import { hasLabels } from '../selector.ts'

type ReplicaSet = k8s.ReplicaSet
export type ReplicaSetStatus = NonNullable<ReplicaSet['status']>
type Pod = k8s.Pod

/** At most so many pods are made or deleted in one pass. */
export const burst = 500
export const replicasOf = ({ spec }: ReplicaSet): number => spec.replicas ?? 1

/** @param related pods of the same Deployment, whose spread over nodes decides who goes first */
export function replicaSetPods(rs: ReplicaSet, pods: Pod[], related: Pod[], now: number): { create: number; remove: Pod[] } {
  const active = pods.filter(isActive)
  const missing = replicasOf(rs) - active.length
  if (missing >= 0) return { create: Math.min(missing, burst), remove: [] }
  const onNode = new Map<string, number>()
  for (const pod of related) {
    const node = pod.spec.nodeName ?? ''
    if (isActive(pod)) onNode.set(node, (onNode.get(node) ?? 0) + 1)
  }
  const order = deletionOrder(active, now, node => onNode.get(node) ?? 0)
  return { create: 0, remove: order.slice(0, Math.min(-missing, burst)) }
}

function failureCondition(rs: ReplicaSet, failure: { reason: string; message: string } | undefined, now: number) {
  const others = (rs.status?.conditions ?? []).filter(c => c.type !== 'ReplicaFailure')
  if (!failure) return others
  const before = rs.status?.conditions?.find(c => c.type === 'ReplicaFailure')
  return [...others, before ?? { type: 'ReplicaFailure', status: 'True', lastTransitionTime: rfc3339(now), ...failure }]
}

/**
 * @param pods as they are after what was just done
 * @param failure why pods could not be made or deleted: `FailedCreate` or `FailedDelete`
 */
export function replicaSetStatus(
  rs: ReplicaSet,
  pods: Pod[],
  failure: { reason: string; message: string } | undefined,
  now: number,
): ReplicaSetStatus {
  const active = pods.filter(isActive)
  const labels = rs.spec.template?.metadata?.labels ?? {}
  const count = (field: string, n: number) => n > 0 && { [field]: n }
  const conditions = failureCondition(rs, failure, now)
  return {
    replicas: active.length,
    ...count('fullyLabeledReplicas', active.filter(pod => hasLabels(pod.metadata.labels, labels)).length),
    ...count('readyReplicas', active.filter(isReady).length),
    ...count('availableReplicas', active.filter(pod => isAvailable(pod, rs.spec.minReadySeconds ?? 0, now)).length),
    ...count('terminatingReplicas', pods.filter(isTerminating).length),
    ...(rs.metadata.generation !== undefined && { observedGeneration: rs.metadata.generation }),
    ...(conditions.length && { conditions }),
  }
}

/** Milliseconds until the next ready pod becomes available; undefined when none is waited for. */
export function nextAvailableMs(pods: Pod[], minReadySeconds: number | undefined, now: number): number | undefined {
  const waits = pods
    .filter(isActive)
    .map(pod => availableInMs(pod, minReadySeconds ?? 0, now))
    .filter(ms => ms > 0 && Number.isFinite(ms))
  return waits.length ? Math.min(...waits) : undefined
}

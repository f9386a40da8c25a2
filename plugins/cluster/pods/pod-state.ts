/** What controllers ask of a Pod. Pure. Source: k8s.io/kubernetes pkg/controller/controller_utils.go, pkg/api/v1/pod/util.go */
import type { k8s } from '@slipway/core/api'

type Pod = k8s.Pod

export const isTerminal = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed'
/** Neither ended nor on its way out. */
export const isActive = (pod: Pod): boolean => !isTerminal(pod) && !pod.metadata.deletionTimestamp
/** On its way out, and its containers may still run. */
export const isTerminating = (pod: Pod): boolean => !isTerminal(pod) && pod.metadata.deletionTimestamp !== undefined

const readyCondition = (pod: Pod) => pod.status?.conditions?.find(c => c.type === 'Ready')
export const isReady = (pod: Pod): boolean => readyCondition(pod)?.status === 'True'

export const millis = (time: string | undefined): number => (time ? Date.parse(time) : Number.NaN)

/**
 * How long until a ready pod counts as available: 0 when it is, Infinity when it is not even ready.
 * @param minReadySeconds for how long it must have been ready
 */
export function availableInMs(pod: Pod, minReadySeconds: number, now: number): number {
  const ready = readyCondition(pod)
  if (ready?.status !== 'True') return Number.POSITIVE_INFINITY
  if (minReadySeconds <= 0) return 0
  const since = millis(ready.lastTransitionTime)
  return Number.isNaN(since) ? Number.POSITIVE_INFINITY : Math.max(0, since + minReadySeconds * 1000 - now)
}
export const isAvailable = (pod: Pod, minReadySeconds: number, now: number): boolean =>
  availableInMs(pod, minReadySeconds, now) === 0

/** When the pod's containers ended, as well as that can be told; its creation where nothing tells. Milliseconds. */
export function finishedAt(pod: Pod): number {
  const sidecars = new Set((pod.spec.initContainers ?? []).filter(c => c.restartPolicy === 'Always').map(c => c.name))
  const ended = [
    ...(pod.status?.containerStatuses ?? []),
    ...(pod.status?.initContainerStatuses ?? []).filter(c => sidecars.has(c.name)),
  ].map(c => millis(c.state?.terminated?.finishedAt))
  if (ended.length && !ended.some(Number.isNaN)) return Math.max(...ended)
  const ready = readyCondition(pod)
  if (ready?.status === 'False' && ready.lastTransitionTime) return millis(ready.lastTransitionTime)
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata
  if (deletionTimestamp) return millis(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  return millis(creationTimestamp)
}

export const restartsOf = (pod: Pod): number =>
  [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])].reduce(
    (sum, c) => sum + c.restartCount,
    0,
  )

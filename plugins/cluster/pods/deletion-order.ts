/**
 * Which pods go first when there are too many. Pure.
 * Source: ActivePodsWithRanks of pkg/controller/controller_utils.go; the cost is KEP-2255.
 */
import type { k8s } from '@slipway/core/api'
import { isReady, millis, restartsOf } from './pod-state.ts'

type Pod = k8s.Pod
const phaseRank: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }
const costOf = (pod: Pod): number => {
  const cost = Number(pod.metadata.annotations?.['controller.kubernetes.io/pod-deletion-cost'] ?? 0)
  return Number.isInteger(cost) ? cost : 0
}
const readySince = (pod: Pod): number => millis(pod.status?.conditions?.find(c => c.type === 'Ready')?.lastTransitionTime)

/** Ages are compared on a logarithmic scale (KEP-2185), so that pods of about the same age are told apart by uid, not always the newest hit. */
const ageRank = (since: number, now: number): number => {
  const seconds = Math.max(0, (now - since) / 1000)
  return seconds < 1 ? -1 : Math.floor(Math.log2(seconds))
}
const younger = (a: number, b: number, now: number): number => {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) === Number.isNaN(b) ? 0 : Number.isNaN(a) ? -1 : 1
  return ageRank(a, now) - ageRank(b, now)
}

/**
 * The pods, first to be deleted first.
 * @param onNode how many pods of the same workload a node holds; pods of crowded nodes go first
 */
export function deletionOrder(pods: readonly Pod[], now: number, onNode: (node: string) => number = () => 0): Pod[] {
  const rank = (pod: Pod) => onNode(pod.spec.nodeName ?? '')
  return [...pods].sort((a, b) => {
    const unassigned = Number(!b.spec.nodeName) - Number(!a.spec.nodeName)
    if (unassigned) return unassigned
    const phase = (phaseRank[a.status?.phase ?? ''] ?? 0) - (phaseRank[b.status?.phase ?? ''] ?? 0)
    if (phase) return phase
    const ready = Number(isReady(a)) - Number(isReady(b))
    if (ready) return ready
    const cost = costOf(a) - costOf(b)
    if (cost) return cost
    const crowd = rank(b) - rank(a)
    if (crowd) return crowd
    const readyAge = isReady(a) && isReady(b) ? younger(readySince(a), readySince(b), now) : 0
    if (readyAge) return readyAge
    const restarts = restartsOf(b) - restartsOf(a)
    if (restarts) return restarts
    const age = younger(millis(a.metadata.creationTimestamp), millis(b.metadata.creationTimestamp), now)
    return age || (a.metadata.uid ?? '').localeCompare(b.metadata.uid ?? '')
  })
}

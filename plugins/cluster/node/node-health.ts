/**
 * What a node's silence means: for its conditions, its taints, and the pods on it. Pure.
 * Source: pkg/controller/nodelifecycle, pkg/controller/tainteviction (Kubernetes 1.34)
 */
import type { k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { millis } from '../pods/pod-state.ts'
import { notReadyKey, type Taint, type Toleration, tolerates, unreachableKey } from './taints.ts'

type Node = k8s.Node
type Pod = k8s.Pod
type NodeCondition = NonNullable<NonNullable<Node['status']>['conditions']>[number]

/** As node-monitor-grace-period: a node that has not renewed its lease for so long is taken for lost. */
export const graceMs = 50_000
/** How long pods bear a lost node unless they say otherwise. Source: the DefaultTolerationSeconds admission plugin */
const defaultTolerationSeconds = 300

const watched = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']
const ready = (node: Node) => node.status?.conditions?.find(c => c.type === 'Ready')?.status

/** The conditions of a node that nothing is heard of. */
export function lostConditions(node: Node, now: number): NodeCondition[] {
  const before = node.status?.conditions ?? []
  const lost = watched.map((type): NodeCondition => {
    const old = before.find(c => c.type === type)
    if (old?.status === 'Unknown') return old
    return {
      type,
      status: 'Unknown',
      ...(old?.lastHeartbeatTime && { lastHeartbeatTime: old.lastHeartbeatTime }),
      lastTransitionTime: rfc3339(now),
      reason: old ? 'NodeStatusUnknown' : 'NodeStatusNeverUpdated',
      message: old ? 'Kubelet stopped posting node status.' : 'Kubelet never posted node status.',
    }
  })
  return [...before.filter(c => !watched.includes(c.type)), ...lost]
}

const healthKeys = new Set([notReadyKey, unreachableKey])

/** The taints that go with the Ready condition; others stay. Taints that are there already keep the time since when they are. */
export function healthTaints(node: Node, now: number): Taint[] {
  const before = node.spec?.taints ?? []
  const status = ready(node)
  // One that has said nothing yet is only just registering.
  const key = { False: notReadyKey, Unknown: unreachableKey }[status ?? 'True']
  const others = before.filter(taint => !healthKeys.has(taint.key))
  if (!key) return others
  const own = ['NoSchedule', 'NoExecute'].map(
    (effect): Taint => before.find(t => t.key === key && t.effect === effect) ?? { key, effect, timeAdded: rfc3339(now) },
  )
  return [...others, ...own]
}

/** Milliseconds until a pod has to leave a node with these taints; Infinity when it may stay. */
export function leavesInMs(pod: Pod, taints: Taint[], now: number): number {
  const given = pod.spec.tolerations ?? []
  const defaults: Toleration[] = [...healthKeys]
    .filter(key => !given.some(t => (!t.key || t.key === key) && (!t.effect || t.effect === 'NoExecute')))
    .map(key => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: defaultTolerationSeconds }))
  const tolerations = [...given, ...defaults]
  let wait = Number.POSITIVE_INFINITY
  for (const taint of taints.filter(t => t.effect === 'NoExecute')) {
    const bearing = tolerations.filter(t => tolerates(t, taint))
    if (!bearing.length) return 0
    const seconds = Math.min(...bearing.map(t => t.tolerationSeconds ?? Number.POSITIVE_INFINITY))
    const since = millis(taint.timeAdded)
    wait = Math.min(wait, (Number.isNaN(since) ? now : since) + Math.max(0, seconds) * 1000 - now)
  }
  return Math.max(0, wait)
}

/** The pod's status on a node that is not well: not ready, whatever it last said of itself; undefined when it says so already. */
export function notReadyStatus(pod: Pod, now: number): Pod['status'] | undefined {
  const condition = pod.status?.conditions?.find(c => c.type === 'Ready')
  if (condition?.status !== 'True') return undefined
  const next = { ...condition, status: 'False', lastTransitionTime: rfc3339(now) }
  return { ...pod.status, conditions: pod.status!.conditions!.map(c => (c === condition ? next : c)) }
}

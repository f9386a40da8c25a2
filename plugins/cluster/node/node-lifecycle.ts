/** The node controller: notices lost nodes, and moves pods off them. Wakes once a grace period for each node, not with each heartbeat. */
import { isStatus, k8s, keyOf } from '@slipway/core/api'
import { type ReconcileContext, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import { isActive } from '../pods/pod-state.ts'
import { type RecentUids, recentUids } from '../recent-uids.ts'
import { graceMs, healthTaints, leavesInMs, lostConditions, notReadyStatus } from './node-health.ts'

type Node = k8s.Node

interface Memory {
  /** The last sign of life, and when it was seen by this process's own clock: the machines' clocks may differ. */
  heard: Map<string, { sign: string; at: number }>
  evicted: RecentUids
}

function silentForMs(node: Node, memory: Memory, { read, now }: ReconcileContext): number {
  const { name } = node.metadata
  const lease = read.get(k8s.Lease, 'kube-node-lease', name)
  const heartbeat = node.status?.conditions?.find(c => c.type === 'Ready' && c.status !== 'Unknown')?.lastHeartbeatTime
  const sign = `${lease?.spec?.renewTime} ${heartbeat}`
  const before = memory.heard.get(name)
  if (before?.sign === sign) return now - before.at
  memory.heard.set(name, { sign, at: now })
  return 0
}

async function writeHealth(node: Node, isLost: boolean, context: ReconcileContext): Promise<Node> {
  const { api, now, event } = context
  let current = node
  if (isLost) {
    const conditions = lostConditions(node, now)
    if (!sameJson(node.status?.conditions, conditions)) {
      current = await api.updateStatus(k8s.Node, { ...node, status: { ...node.status, conditions } })
      event(node, 'Normal', 'NodeNotReady', `Node ${node.metadata.name} status is now: NodeNotReady`)
    }
  }
  const taints = healthTaints(current, now)
  if (sameJson(current.spec?.taints ?? [], taints)) return current
  const { uid, resourceVersion, name } = current.metadata
  return api.patch(k8s.Node, { name }, 'merge', { metadata: { uid, resourceVersion }, spec: { taints } })
}

async function markNotReady(pod: k8s.Pod, { api, now, event }: ReconcileContext): Promise<void> {
  const status = notReadyStatus(pod, now)
  if (!status) return
  try {
    await api.updateStatus(k8s.Pod, { ...pod, status })
    event(pod, 'Warning', 'NodeNotReady', 'Node is not ready')
  } catch (error) {
    if (!isStatus(error, 'NotFound')) throw error
  }
}

/** @returns milliseconds until the next pod has to leave */
async function evict(node: Node, memory: Memory, context: ReconcileContext): Promise<number> {
  const { read, api, now, event } = context
  const taints = node.spec?.taints ?? []
  if (!taints.some(taint => taint.effect === 'NoExecute')) return Number.POSITIVE_INFINITY
  let next = Number.POSITIVE_INFINITY
  for (const pod of read.list(k8s.Pod)) {
    if (pod.spec.nodeName !== node.metadata.name || !isActive(pod) || memory.evicted.has(pod)) continue
    const wait = leavesInMs(pod, taints, now)
    if (wait > 0) {
      next = Math.min(next, wait)
      continue
    }
    event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${keyOf(pod)}`)
    const { uid } = pod.metadata
    await api.delete(k8s.Pod, pod.metadata, { ...(uid && { uid }) }).catch(error => {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error
    })
    memory.evicted.add(pod, now)
  }
  return next
}

async function reconcile(node: Node, memory: Memory, context: ReconcileContext) {
  const silent = silentForMs(node, memory, context)
  const current = await writeHealth(node, silent >= graceMs, context)
  const isReady = current.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True')
  if (!isReady)
    for (const pod of context.read.list(k8s.Pod))
      if (pod.spec.nodeName === node.metadata.name && isActive(pod)) await markNotReady(pod, context)
  const next = await evict(current, memory, context)
  // A lost node that is heard of again changes its own status, which brings it here.
  const check = silent >= graceMs ? graceMs : graceMs - silent
  return { requeueAfterMs: Math.min(check, next) }
}

export function nodeLifecycleReconciler(): Reconciler<Node> {
  const memory: Memory = { heard: new Map(), evicted: recentUids() }
  return {
    name: 'node-controller',
    kind: k8s.Node,
    reads: [k8s.Lease],
    watches: [
      watch(k8s.Pod, (pod, read) => {
        const node = pod.spec.nodeName ? read.get(k8s.Node, undefined, pod.spec.nodeName) : undefined
        return node?.spec?.taints?.some(t => t.effect === 'NoExecute') ? [node.metadata.name] : []
      }),
    ],
    async reconcile(node, context) {
      if (node && !node.metadata.deletionTimestamp) return reconcile(node, memory, context)
      memory.heard.delete(context.key)
      return undefined
    },
  }
}

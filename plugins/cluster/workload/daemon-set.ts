/** The DaemonSet controller. */
import { k8s, keyOf } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { type ReconcileContext, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import { claimPods } from '../pods/claim.ts'
import { createPod, deletePod, withDeletions } from '../pods/create-pod.ts'
import { slowStart } from '../pods/slow-start.ts'
import { type RecentUids, recentUids } from '../recent-uids.ts'
import { daemonSetPlan, daemonSetStatus } from './daemon-set.desired.ts'
import { nextAvailableMs } from './replica-set.desired.ts'

type DaemonSet = k8s.DaemonSet

async function reconcile(set: DaemonSet, deleting: RecentUids, context: ReconcileContext) {
  const deletedAt = rfc3339(context.now)
  const pods = withDeletions(await claimPods(k8s.DaemonSet, set, set.spec.selector, context), deleting, deletedAt)
  const nodes = context.read.list(k8s.Node)
  const made: k8s.Pod[] = []
  let failure: unknown
  let wait: number | undefined
  if (!set.metadata.deletionTimestamp) {
    const plan = daemonSetPlan(set, pods, nodes, context.now)
    for (const { metadata, spec } of plan.ended)
      context.event(
        set,
        'Warning',
        'FailedDaemonPod',
        `Found failed daemon pod ${keyOf({ metadata })} on node ${spec.nodeName}, will try to kill it`,
      )
    const { error } = await slowStart(plan.create, async pod => {
      const created = await createPod(pod, set, context)
      if (created) made.push(created)
    })
    failure = error
    for (const pod of plan.remove) await deletePod(pod, set, context, deleting)
    wait = plan.requeueAfterMs
  }
  const after = withDeletions([...pods, ...made], deleting, deletedAt)
  const status = daemonSetStatus(set, after, nodes, context.now)
  if (!sameJson(set.status ?? {}, status)) await context.api.updateStatus(k8s.DaemonSet, { ...set, status })
  if (failure) throw failure
  const available = nextAvailableMs(after, set.spec.minReadySeconds, context.now)
  const next = Math.min(wait ?? Number.POSITIVE_INFINITY, available ?? Number.POSITIVE_INFINITY)
  return Number.isFinite(next) ? { requeueAfterMs: next } : undefined
}

export function daemonSetReconciler(): Reconciler<DaemonSet> {
  const deleting = recentUids()
  return {
    name: 'daemonset-controller',
    kind: k8s.DaemonSet,
    owns: [k8s.Pod],
    watches: [watch(k8s.Node, (_, read) => read.list(k8s.DaemonSet).map(keyOf))],
    reconcile: async (set, context) => (set ? reconcile(set, deleting, context) : undefined),
  }
}

/** The StatefulSet controller. */
import { isStatus, k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { type ReconcileContext, type Reconciler, sameJson } from '@slipway/core/runtime'
import { claimPods } from '../pods/claim.ts'
import { createPod, deletePod, withDeletions } from '../pods/create-pod.ts'
import { type RecentUids, recentUids } from '../recent-uids.ts'
import { nextAvailableMs } from './replica-set.desired.ts'
import { ordinalOf, statefulSetPlan, statefulSetStatus } from './stateful-set.desired.ts'

type StatefulSet = k8s.StatefulSet

async function reconcile(set: StatefulSet, deleting: RecentUids, context: ReconcileContext) {
  const claimed = await claimPods(k8s.StatefulSet, set, set.spec.selector, context)
  const deletedAt = rfc3339(context.now)
  const pods = withDeletions(claimed, deleting, deletedAt).filter(pod => ordinalOf(set, pod) >= 0)
  const made: k8s.Pod[] = []
  if (!set.metadata.deletionTimestamp) {
    if (set.spec.volumeClaimTemplates?.length && !set.status?.observedGeneration)
      context.event(
        set,
        'Warning',
        'VolumeClaimsIgnored',
        'volumeClaimTemplates are not provisioned here: each is an emptyDir that lives as long as its pod',
      )
    const plan = statefulSetPlan(set, pods, context.now)
    for (const pod of plan.create)
      try {
        const created = await createPod(pod, set, context)
        if (created) made.push(created)
      } catch (error) {
        // Its predecessor of the same name is still ending, or another's pod holds the name; its end is news.
        if (!isStatus(error, 'AlreadyExists')) throw error
      }
    for (const pod of plan.remove) await deletePod(pod, set, context, deleting)
  }
  const after = withDeletions([...pods, ...made], deleting, deletedAt)
  const status = statefulSetStatus(set, after, context.now)
  if (!sameJson(set.status ?? {}, status)) await context.api.updateStatus(k8s.StatefulSet, { ...set, status })
  const wait = nextAvailableMs(after, set.spec.minReadySeconds, context.now)
  return wait === undefined ? undefined : { requeueAfterMs: wait }
}

export function statefulSetReconciler(): Reconciler<StatefulSet> {
  const deleting = recentUids()
  return {
    name: 'statefulset-controller',
    kind: k8s.StatefulSet,
    owns: [k8s.Pod],
    reconcile: async (set, context) => (set ? reconcile(set, deleting, context) : undefined),
  }
}

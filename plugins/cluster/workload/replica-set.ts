/** The ReplicaSet controller: as many pods as `spec.replicas` says. */
import { controllerOf, isStatus, k8s, keyOf } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { type ReconcileContext, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import { claimPods } from '../pods/claim.ts'
import { createPod, deletePod, withDeletions } from '../pods/create-pod.ts'
import { randomSuffix, suffixed } from '../pods/name-suffix.ts'
import { podFromTemplate } from '../pods/pod-from-template.ts'
import { slowStart } from '../pods/slow-start.ts'
import { type RecentUids, recentUids } from '../recent-uids.ts'
import { selects } from '../selector.ts'
import { nextAvailableMs, replicaSetPods, replicaSetStatus } from './replica-set.desired.ts'

type ReplicaSet = k8s.ReplicaSet

/** Makes one pod; a name that is taken, which is rare, is not a failure but a reason for another. */
async function addPod(rs: ReplicaSet, made: k8s.Pod[], context: ReconcileContext): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const name = suffixed(rs.metadata.name, randomSuffix())
    try {
      const pod = await createPod(podFromTemplate(rs.spec.template!, rs, { name }), rs, context)
      if (pod) made.push(pod)
      return
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists') || attempt >= 8) throw error
    }
  }
}

/** Pods of all ReplicaSets of the same Deployment, or of this one alone. */
function relatedPods(rs: ReplicaSet, context: ReconcileContext): k8s.Pod[] {
  const owner = controllerOf(rs)
  const siblings = owner
    ? context.read.list(k8s.ReplicaSet, rs.metadata.namespace).filter(other => controllerOf(other)?.uid === owner.uid)
    : [rs]
  return siblings.flatMap(sibling => context.read.ownedBy(k8s.Pod, sibling))
}

const failureOf = (reason: string, error: unknown) =>
  error === undefined ? undefined : { reason, message: error instanceof Error ? error.message : String(error) }

async function manage(rs: ReplicaSet, pods: k8s.Pod[], deleting: RecentUids, context: ReconcileContext) {
  const { create, remove } = replicaSetPods(rs, pods, [], context.now)
  const made: k8s.Pod[] = []
  if (create) {
    const { error } = await slowStart(Array.from({ length: create }), () => addPod(rs, made, context))
    return { pods: [...pods, ...made], error, failure: failureOf('FailedCreate', error) }
  }
  if (!remove.length) return { pods, error: undefined, failure: undefined }
  const chosen = replicaSetPods(rs, pods, relatedPods(rs, context), context.now).remove
  const done = await Promise.allSettled(chosen.map(pod => deletePod(pod, rs, context, deleting)))
  const error = done.find(r => r.status === 'rejected')?.reason
  return { pods: withDeletions(pods, deleting, rfc3339(context.now)), error, failure: failureOf('FailedDelete', error) }
}

async function reconcile(rs: ReplicaSet, deleting: RecentUids, context: ReconcileContext) {
  const claimed = await claimPods(k8s.ReplicaSet, rs, rs.spec.selector, context)
  const seen = withDeletions(claimed, deleting, rfc3339(context.now))
  const { pods, error, failure } = rs.metadata.deletionTimestamp
    ? { pods: seen, error: undefined, failure: undefined }
    : await manage(rs, seen, deleting, context)
  const status = replicaSetStatus(rs, pods, failure, context.now)
  if (!sameJson(rs.status ?? {}, status)) await context.api.updateStatus(k8s.ReplicaSet, { ...rs, status })
  if (error) throw error
  const wait = nextAvailableMs(pods, rs.spec.minReadySeconds, context.now)
  return wait === undefined ? undefined : { requeueAfterMs: wait }
}

export function replicaSetReconciler(): Reconciler<ReplicaSet> {
  const deleting = recentUids()
  return {
    name: 'replicaset-controller',
    kind: k8s.ReplicaSet,
    owns: [k8s.Pod],
    watches: [
      // A pod without a controller is news for those that would adopt it.
      watch(k8s.Pod, (pod, read) =>
        controllerOf(pod)
          ? []
          : read
              .list(k8s.ReplicaSet, pod.metadata.namespace)
              .filter(rs => selects(rs.spec.selector, pod.metadata.labels))
              .map(keyOf),
      ),
    ],
    concurrency: 10,
    reconcile: async (rs, context) => (rs ? reconcile(rs, deleting, context) : undefined),
  }
}

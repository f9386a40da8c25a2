/** The Job controller: carries out what `job.desired.ts` decides, in the order that loses and doubles no pod over a crash. */
import { controllerOf, isStatus, k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { type ReconcileContext, type Reconciler, sameJson } from '@slipway/core/runtime'
import { removeFinalizer } from '../finalizers.ts'
import { createPod, deletePod, withDeletions } from '../pods/create-pod.ts'
import { slowStart } from '../pods/slow-start.ts'
import { type RecentUids, recentUids } from '../recent-uids.ts'
import { type JobPlan, jobPlan } from './job.desired.ts'
import { finishedCondition, type JobStatus, withCondition } from './job-condition.ts'
import { jobPod, podNames } from './job-pod.ts'
import { isFailed, isIndexed } from './job-pods.ts'
import { isTracked, settleCounts, trackingFinalizer, uncountedOf } from './tracking.ts'

interface Memory {
  deleting: RecentUids
  untracked: RecentUids
}
type Job = k8s.Job
type Pod = k8s.Pod

const managedElsewhere = ({ spec }: Job) => spec.managedBy !== undefined && spec.managedBy !== 'kubernetes.io/job-controller'

async function untrack(pods: Pod[], memory: Memory, context: ReconcileContext): Promise<void> {
  const done = await Promise.allSettled(
    pods.map(async pod => {
      await removeFinalizer(context.api, k8s.Pod, pod, trackingFinalizer)
      memory.untracked.add(pod, context.now)
    }),
  )
  const failed = done.find(r => r.status === 'rejected')
  if (failed) throw failed.reason
}

/** Pods of a Job that is gone keep their finalizer until someone takes it: here, once the Job is known to be gone, not only from the cache. */
async function releaseStrays(job: Job | undefined, memory: Memory, context: ReconcileContext): Promise<void> {
  const { api, read, key } = context
  const slash = key.indexOf('/')
  const ref = { namespace: key.slice(0, slash), name: key.slice(slash + 1) }
  const strays = read.list(k8s.Pod, ref.namespace).filter(pod => {
    const owner = controllerOf(pod)
    return owner?.kind === 'Job' && owner.name === ref.name && owner.uid !== job?.metadata.uid && isTracked(pod)
  })
  if (!strays.length) return
  const live = await api.find(k8s.Job, ref)
  await untrack(
    strays.filter(pod => controllerOf(pod)!.uid !== live?.metadata.uid),
    memory,
    context,
  )
}

async function createOne(job: Job, names: Generator<string>, index: number | undefined, pods: Pod[], context: ReconcileContext) {
  const failures = pods.filter(pod => isFailed(pod, job))
  for (const name of names) {
    try {
      return await createPod(jobPod(job, name, index, failures), job, context)
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error
      const there = await context.api.find(k8s.Pod, { namespace: job.metadata.namespace!, name })
      // Ours, made by an attempt whose answer was lost; the watch brings it. Anything else holds only the name.
      if (there && controllerOf(there)?.uid === job.metadata.uid && !there.metadata.deletionTimestamp) return there
    }
  }
  return undefined
}

/** @returns how many of the plan's pods were not made, and why */
async function createAll(job: Job, plan: JobPlan, pods: Pod[], context: ReconcileContext) {
  const uncounted = uncountedOf(job.status)
  const counted = (job.status?.succeeded ?? 0) + (job.status?.failed ?? 0) + uncounted.succeeded.length + uncounted.failed.length
  const taken = new Set(pods.map(pod => pod.metadata.name))
  const { succeeded, error } = await slowStart(plan.create, ({ index }) =>
    createOne(job, podNames(job, counted, index, taken), index, pods, context),
  )
  return { missing: plan.create.length - succeeded, error }
}

async function removeAll(job: Job, plan: JobPlan, memory: Memory, context: ReconcileContext): Promise<void> {
  if (plan.removeUncounted) await untrack(plan.remove.filter(isTracked), memory, context)
  const done = await Promise.allSettled(plan.remove.map(pod => deletePod(pod, job, context, memory.deleting)))
  const failed = done.find(r => r.status === 'rejected')
  if (failed) throw failed.reason
}

async function writeStatus(job: Job, status: JobStatus, context: ReconcileContext): Promise<Job> {
  if (sameJson(job.status ?? {}, status)) return job
  return context.api.updateStatus(k8s.Job, { ...job, status })
}

function withActive(status: JobStatus, missing: number): JobStatus {
  const { active = 0, ...rest } = status
  return active - missing > 0 ? { ...rest, active: active - missing } : rest
}

/** The status after the finalizers are gone, with the final condition where nothing is left to wait for. Pure. */
export function finalStatus(plan: JobPlan, status: JobStatus, stillTracked: (uid: string) => boolean, indexed: boolean) {
  const counted = settleCounts(status, stillTracked, indexed)
  const { succeeded, failed } = uncountedOf(counted)
  if (!plan.finish || succeeded.length || failed.length || counted.terminating) return { status: counted, finished: false }
  const conditions = withCondition(counted.conditions, plan.finish)!
  const completionTime = plan.finish.type === 'Complete' && plan.finish.lastTransitionTime
  return { status: { ...counted, conditions, ...(completionTime && { completionTime }) }, finished: true }
}

function announce(job: Job, plan: JobPlan, status: JobStatus, context: ReconcileContext): void {
  const { type, reason = '', message = '' } = plan.finish!
  if (type !== 'Complete') {
    context.event(job, 'Warning', reason, message)
    return
  }
  const { completions } = job.spec
  if (completions !== undefined && (status.succeeded ?? 0) > completions)
    context.event(job, 'Warning', 'TooManySucceededPods', 'Too many succeeded pods running after completion count reached')
  context.event(job, 'Normal', 'Completed', 'Job completed')
}

async function reconcileLive(job: Job, memory: Memory, context: ReconcileContext) {
  const owned = withDeletions(context.read.ownedBy(k8s.Pod, job), memory.deleting, rfc3339(context.now))
  const plan = jobPlan({ job, pods: owned, untracked: memory.untracked.has }, context.now)
  if (plan.remove.length) await removeAll(job, plan, memory, context)
  const { missing, error } = plan.create.length ? await createAll(job, plan, owned, context) : { missing: 0, error: undefined }

  const written = await writeStatus(job, withActive(plan.status, missing), context)
  for (const { type, reason, message } of plan.events) context.event(job, type, reason, message)
  if (plan.untrack.length) await untrack(plan.untrack, memory, context)

  const tracked = new Set(owned.filter(pod => isTracked(pod) && !memory.untracked.has(pod)).map(pod => pod.metadata.uid))
  const { status, finished } = finalStatus(plan, written.status ?? {}, uid => tracked.has(uid), isIndexed(job))
  await writeStatus(written, status, context)
  if (finished) announce(written, plan, status, context)
  if (error) throw error
  return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs }
}

export function jobReconciler(): Reconciler<Job> {
  const memory: Memory = { deleting: recentUids(), untracked: recentUids() }
  return {
    name: 'job-controller',
    kind: k8s.Job,
    owns: [k8s.Pod],
    concurrency: 10,
    async reconcile(job, context) {
      if (!job?.status) await releaseStrays(job, memory, context)
      if (!job || managedElsewhere(job)) return undefined
      const { metadata, status } = job
      if (metadata.deletionTimestamp || finishedCondition(status)) {
        // Nothing is counted any more; whatever still carries the finalizer must not be held by it.
        const left = context.read.ownedBy(k8s.Pod, job).filter(pod => isTracked(pod) && !memory.untracked.has(pod))
        await untrack(left, memory, context)
        return undefined
      }
      return reconcileLive(job, memory, context)
    },
  }
}

/**
 * What a Job needs now: pods to start, pods to stop, pods to count, and the status that says so. Pure.
 * Source: syncJob, manageJob and trackJobStatusAndRemoveFinalizers of pkg/controller/job/job_controller.go (Kubernetes 1.34)
 */
import type { k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { deletionOrder } from '../pods/deletion-order.ts'
import { isReady } from '../pods/pod-state.ts'
import { backoffMs } from './backoff.ts'
import { firstPending, formatIndexes, parseIndexes, union } from './indexes.ts'
import { type JobCondition, type JobStatus, jobCondition, withCondition } from './job-condition.ts'
import { completed, completionsReached, deadlineInMs, endOf, finalCondition, isSuspended, type JobCounts } from './job-end.ts'
import { census, indexOf, isFailed, isIndexed, newlyFailedIndexes, type PodCensus, waitsForEnd } from './job-pods.ts'
import { counter, isTracked, maxUncounted, uncountedField, uncountedOf } from './tracking.ts'

type Job = k8s.Job
type Pod = k8s.Pod

export interface JobView {
  job: Job
  /** All that the Job controls; those just deleted already carry a deletionTimestamp. */
  pods: Pod[]
  /** The finalizer was just removed, whatever the pod shows. */
  untracked: (pod: Pod) => boolean
}
export interface JobPlan {
  /** Pods to start; an Indexed Job names each one's index. */
  create: { index?: number }[]
  remove: Pod[]
  /** Of the removed: whether they are let go uncounted (too many, suspended), or stay until they are counted as failed. */
  removeUncounted: boolean
  /** Written before any finalizer is removed. Counts `create` and `remove` as done. */
  status: JobStatus
  /** Pods to take the finalizer from once the status is written. */
  untrack: Pod[]
  /** Added when no uid is uncounted and no pod terminates any more. */
  finish?: JobCondition
  events: { type: 'Normal' | 'Warning'; reason: string; message: string }[]
  requeueAfterMs?: number
}

const maxPodsPerPass = 500

interface Manage {
  create: { index?: number }[]
  remove: Pod[]
  waitMs?: number
}

function wantedActive({ spec }: Job, succeeded: number, active: number): number {
  const parallelism = spec.parallelism ?? 1
  if (spec.completions === undefined) return succeeded > 0 ? active : parallelism
  return Math.max(0, Math.min(parallelism, spec.completions - succeeded))
}

/** Of an Indexed Job: pods without a valid index, and all but one of each index. */
function misplaced(job: Job, active: Pod[], now: number): Pod[] {
  if (!isIndexed(job)) return []
  const kept = new Set<number>()
  return deletionOrder(active, now)
    .reverse()
    .filter(pod => {
      const index = indexOf(pod, job)
      if (index === undefined || kept.has(index)) return true
      kept.add(index)
      return false
    })
}

function tooMany(job: Job, active: Pod[], wanted: number, now: number): Pod[] {
  const wrong = misplaced(job, active, now)
  const rest = deletionOrder(
    active.filter(pod => !wrong.includes(pod)),
    now,
  )
  return [...wrong, ...rest.slice(0, Math.max(0, rest.length - wanted))].slice(0, maxPodsPerPass)
}

function missingIndexes(job: Job, pods: PodCensus, counts: JobCounts, want: number, now: number): Manage {
  const busy = [...pods.active, ...(waitsForEnd(job) ? pods.terminating : [])].flatMap(pod => indexOf(pod, job) ?? [])
  const taken = union(union(counts.succeededIndexes, counts.failedIndexes), busy)
  const pending = firstPending(taken, want, job.spec.completions ?? 0)
  if (job.spec.backoffLimitPerIndex === undefined) return { create: pending.map(index => ({ index })), remove: [] }
  const waits = pending.map(index => {
    const ofIndex = (pod: Pod) => indexOf(pod, job) === index
    return { index, ms: backoffMs(pods.successes.filter(ofIndex), pods.failures.filter(ofIndex), now) }
  })
  const later = waits.filter(w => w.ms > 0).map(w => w.ms)
  return {
    create: waits.filter(w => w.ms === 0).map(({ index }) => ({ index })),
    remove: [],
    ...(later.length && { waitMs: Math.min(...later) }),
  }
}

function manage(job: Job, pods: PodCensus, counts: JobCounts, now: number): Manage {
  if (isSuspended(job)) return { create: [], remove: pods.active }
  const wanted = wantedActive(job, counts.succeeded, pods.active.length)
  const remove = tooMany(job, pods.active, wanted, now)
  if (remove.length) return { create: [], remove }
  const want = Math.min(wanted - pods.active.length - (waitsForEnd(job) ? pods.terminating.length : 0), maxPodsPerPass)
  if (want <= 0) return { create: [], remove: [] }
  if (job.spec.backoffLimitPerIndex === undefined) {
    const waitMs = backoffMs(pods.successes, pods.failures, now)
    if (waitMs > 0) return { create: [], remove: [], waitMs }
  }
  if (isIndexed(job)) return missingIndexes(job, pods, counts, want, now)
  return { create: Array.from({ length: want }, () => ({})), remove: [] }
}

function countsOf(job: Job, pods: PodCensus): JobCounts {
  const { status, spec } = job
  const uncounted = uncountedOf(status)
  const completions = spec.completions ?? 0
  const indexes = (list: Pod[]) => list.flatMap(pod => indexOf(pod, job) ?? [])
  const succeededIndexes = isIndexed(job)
    ? union(parseIndexes(status?.completedIndexes, completions), indexes(pods.newSucceeded))
    : []
  return {
    succeeded: isIndexed(job)
      ? succeededIndexes.length
      : (status?.succeeded ?? 0) + uncounted.succeeded.length + pods.newSucceeded.length,
    failed: (status?.failed ?? 0) + uncounted.failed.length + pods.newFailed.length,
    succeededIndexes,
    failedIndexes: union(parseIndexes(status?.failedIndexes, completions), newlyFailedIndexes(job, pods.failures)),
  }
}

/** Suspended and Resumed, and the start time, which is when the Job last began to run. */
function suspension(job: Job, conditions: JobCondition[] | undefined, now: number) {
  const next = isSuspended(job)
    ? jobCondition('Suspended', 'True', 'JobSuspended', 'Job suspended', now)
    : jobCondition('Suspended', 'False', 'JobResumed', 'Job resumed', now)
  const after = withCondition(conditions, next)
  if (after === conditions) return { conditions }
  const event = { type: 'Normal', reason: next.status === 'True' ? 'Suspended' : 'Resumed', message: next.message! } as const
  return { conditions: after, event, resumed: next.status === 'False' }
}

/** Which pods can be let go now, and whose uids are to be written down before that. */
function track(job: Job, view: JobView, pods: PodCensus, end: JobCondition | undefined) {
  const uncounted = uncountedOf(job.status)
  const succeeded = [...uncounted.succeeded]
  const failed = [...uncounted.failed]
  const untrack: Pod[] = []
  const failing = end?.type === 'FailureTarget'
  for (const pod of view.pods) {
    if (succeeded.length + failed.length >= maxUncounted) return { succeeded, failed, untrack, all: false }
    if (!isTracked(pod) || view.untracked(pod)) continue
    const isSuccess = pod.status?.phase === 'Succeeded'
    const isFailure = isFailed(pod, job)
    if (!end && !isSuccess && !isFailure) continue
    untrack.push(pod)
    const uid = pod.metadata.uid ?? ''
    if (isSuccess) {
      if (!isIndexed(job) && !succeeded.includes(uid) && !failed.includes(uid)) succeeded.push(uid)
    } else if (isFailure ? pods.newFailed.includes(pod) : failing && !failed.includes(uid)) failed.push(uid)
  }
  return { succeeded, failed, untrack, all: true }
}

const earliest = (...times: (number | undefined)[]): number | undefined => {
  const known = times.filter(t => t !== undefined)
  return known.length ? Math.min(...known) : undefined
}

/** The Job is neither finished nor being deleted. */
export function jobPlan(view: JobView, now: number): JobPlan {
  const { job } = view
  const before = job.status ?? {}
  const pods = census(job, view.pods, view.untracked)
  const counts = countsOf(job, pods)
  let startTime = before.startTime ?? (isSuspended(job) ? undefined : rfc3339(now))
  let end = endOf(job, view.pods, counts, startTime, now)
  const ended = end !== undefined
  const { create, remove, waitMs }: Manage = end ? { create: [], remove: pods.active } : manage(job, pods, counts, now)
  const active = pods.active.length + create.length - remove.length
  if (!end && active === 0 && completionsReached(job, counts.succeeded)) end = completed(now)

  const { conditions, event, resumed } = end
    ? { conditions: before.conditions, event: undefined, resumed: false }
    : suspension(job, before.conditions, now)
  if (resumed) startTime = rfc3339(now)
  const { succeeded, failed, untrack, all } = track(job, view, pods, end)
  const { succeeded: _s, failed: _f, active: _a, conditions: _c, completedIndexes: _i, failedIndexes: _x, ...rest } = before
  const status: JobStatus = {
    ...rest,
    ...(startTime && { startTime }),
    ...counter('active', active),
    ...counter('succeeded', isIndexed(job) ? counts.succeeded : (before.succeeded ?? 0)),
    ...counter('failed', before.failed ?? 0),
    ready: pods.ready - remove.filter(isReady).length,
    terminating: pods.terminating.length + remove.length,
    uncountedTerminatedPods: uncountedField({ succeeded, failed })!,
    ...(counts.succeededIndexes.length && { completedIndexes: formatIndexes(counts.succeededIndexes) }),
    ...(job.spec.backoffLimitPerIndex !== undefined && { failedIndexes: formatIndexes(counts.failedIndexes) }),
  }
  const next = end ? withCondition(conditions, end) : conditions
  if (next?.length) status.conditions = next
  const requeueAfterMs = end ? undefined : earliest(waitMs, deadlineInMs(job, startTime, now))
  return {
    create,
    remove,
    removeUncounted: !ended,
    status,
    untrack,
    ...(end && all && { finish: finalCondition(end, now) }),
    events: event ? [event] : [],
    ...(requeueAfterMs !== undefined && { requeueAfterMs: Math.max(1, requeueAfterMs) }),
  }
}

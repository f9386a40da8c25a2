/** What a Job sees in its pods. Pure. Source: pkg/controller/job/job_controller.go, indexed_job_utils.go */
import type { k8s } from '@slipway/core/api'
import { isActive, isReady, isTerminating } from '../pods/pod-state.ts'
import { failureVerdict } from './failure-policy.ts'
import { isTracked, uncountedOf } from './tracking.ts'

type Job = k8s.Job
type Pod = k8s.Pod

export const completionIndexKey = 'batch.kubernetes.io/job-completion-index'
export const failureCountKey = 'batch.kubernetes.io/job-index-failure-count'

export const isIndexed = (job: Job): boolean => job.spec.completionMode === 'Indexed'
/** Terminating pods are not replaced before they have ended. */
export const waitsForEnd = ({ spec }: Job): boolean =>
  (spec.podReplacementPolicy ?? (spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed')) === 'Failed'

/** A pod that was deleted before it ended counts as failed, unless only ended ones are replaced. */
export const isFailed = (pod: Pod, job: Job): boolean =>
  pod.status?.phase === 'Failed' ||
  (!waitsForEnd(job) && pod.metadata.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded')

/** The pod's index in an Indexed Job, or undefined where it has none below `completions`. */
export function indexOf(pod: Pod, job: Job): number | undefined {
  const text = pod.metadata.annotations?.[completionIndexKey]
  const index = text === undefined ? Number.NaN : Number(text)
  return Number.isInteger(index) && index >= 0 && index < (job.spec.completions ?? 0) ? index : undefined
}

export interface PodCensus {
  active: Pod[]
  ready: number
  terminating: Pod[]
  /** Ended well, with the finalizer still on and the uid in no list yet. */
  newSucceeded: Pod[]
  /** Likewise failed, and counting towards backoffLimit. */
  newFailed: Pod[]
  /** All failed pods that are there and that count, in the counters already or not: what the back-off is computed from. */
  failures: Pod[]
  successes: Pod[]
}

/** @param untracked pods whose finalizer was just removed, whatever the cache shows */
export function census(job: Job, pods: Pod[], untracked: (pod: Pod) => boolean): PodCensus {
  const uncounted = uncountedOf(job.status)
  const isNew = (pod: Pod, known: readonly string[]) =>
    isTracked(pod) &&
    !untracked(pod) &&
    !known.includes(pod.metadata.uid ?? '') &&
    (!isIndexed(job) || indexOf(pod, job) !== undefined)
  // A deleted pod without the finalizer was let go on purpose (too many, suspended): no failure.
  const failures = pods.filter(
    pod =>
      isFailed(pod, job) &&
      (isTracked(pod) || !pod.metadata.deletionTimestamp) &&
      failureVerdict(job.spec.podFailurePolicy, pod).counts,
  )
  const successes = pods.filter(pod => pod.status?.phase === 'Succeeded')
  const active = pods.filter(isActive)
  return {
    active,
    ready: active.filter(isReady).length,
    terminating: pods.filter(isTerminating),
    newSucceeded: successes.filter(pod => isNew(pod, uncounted.succeeded)),
    newFailed: failures.filter(pod => isNew(pod, uncounted.failed)),
    failures,
    successes,
  }
}

/** How often pods of this index have failed: each replacement carries the count of those before it. */
export const failuresOfIndex = (index: number, job: Job, failures: Pod[]): number =>
  Math.max(
    0,
    ...failures
      .filter(pod => indexOf(pod, job) === index)
      .map(pod => Number(pod.metadata.annotations?.[failureCountKey] ?? 0) + 1),
  )

/** Indexes that are given up: too many failures, or a FailIndex rule. */
export function newlyFailedIndexes(job: Job, failures: Pod[]): number[] {
  const limit = job.spec.backoffLimitPerIndex
  if (limit === undefined) return []
  const failed = new Set<number>()
  for (const pod of failures) {
    const index = indexOf(pod, job)
    if (index === undefined) continue
    const { failsIndex } = failureVerdict(job.spec.podFailurePolicy, pod)
    if (failsIndex || failuresOfIndex(index, job, failures) > limit) failed.add(index)
  }
  return [...failed]
}

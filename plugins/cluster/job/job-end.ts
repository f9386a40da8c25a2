/**
 * Has the Job reached its end, and which? The interim condition (FailureTarget, SuccessCriteriaMet) is what this finds; Failed or Complete
 * follows once all pods have ended and are counted. Pure. Source: syncJob of pkg/controller/job/job_controller.go
 */
import type { k8s } from '@slipway/core/api'
import { millis, restartsOf } from '../pods/pod-state.ts'
import { failureVerdict } from './failure-policy.ts'
import { type JobCondition, jobCondition, trueCondition } from './job-condition.ts'
import { isFailed } from './job-pods.ts'
import { metSuccessPolicy } from './success-policy.ts'

type Job = k8s.Job

export interface JobCounts {
  succeeded: number
  failed: number
  succeededIndexes: readonly number[]
  failedIndexes: readonly number[]
}

export const isSuspended = ({ spec }: Job): boolean => spec.suspend === true
export const backoffLimitOf = ({ spec }: Job): number =>
  spec.backoffLimit ?? (spec.backoffLimitPerIndex === undefined ? 6 : Number.POSITIVE_INFINITY)

/** Milliseconds until activeDeadlineSeconds have passed; undefined without a deadline or while suspended. */
export function deadlineInMs(job: Job, startTime: string | undefined, now: number): number | undefined {
  const { activeDeadlineSeconds } = job.spec
  if (activeDeadlineSeconds === undefined || !startTime || isSuspended(job)) return undefined
  return millis(startTime) + activeDeadlineSeconds * 1000 - now
}

/** Restarts in place count against the limit where containers are restarted by the node. */
function isPastRestarts(job: Job, pods: k8s.Pod[]): boolean {
  if (job.spec.template.spec?.restartPolicy !== 'OnFailure') return false
  const running = pods.filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
  const restarts = running.reduce((sum, pod) => sum + restartsOf(pod), 0)
  const limit = backoffLimitOf(job)
  return limit === 0 ? restarts > 0 : restarts >= limit
}

function failure(
  job: Job,
  pods: k8s.Pod[],
  counts: JobCounts,
  startTime: string | undefined,
  now: number,
): readonly [reason: string, message: string] | undefined {
  const { podFailurePolicy, maxFailedIndexes, completions = 0 } = job.spec
  const byPolicy = podFailurePolicy && pods.find(pod => isFailed(pod, job) && failureVerdict(podFailurePolicy, pod).failsJob)
  if (byPolicy) return ['PodFailurePolicy', failureVerdict(podFailurePolicy, byPolicy).failsJob!]
  if (counts.failed > backoffLimitOf(job) || isPastRestarts(job, pods))
    return ['BackoffLimitExceeded', 'Job has reached the specified backoff limit']
  if ((deadlineInMs(job, startTime, now) ?? 1) <= 0) return ['DeadlineExceeded', 'Job was active longer than specified deadline']
  const failed = counts.failedIndexes.length
  if (maxFailedIndexes !== undefined && failed > maxFailedIndexes)
    return ['MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes']
  if (failed && failed + counts.succeededIndexes.length >= completions) return ['FailedIndexes', 'Job has failed indexes']
  return undefined
}

/** The interim condition that ends the Job early, new or found in its status; undefined while it goes on. */
export function endOf(
  job: Job,
  pods: k8s.Pod[],
  counts: JobCounts,
  startTime: string | undefined,
  now: number,
): JobCondition | undefined {
  const before = trueCondition(job.status, 'SuccessCriteriaMet') ?? trueCondition(job.status, 'FailureTarget')
  if (before) return before
  const failed = failure(job, pods, counts, startTime, now)
  if (failed) return jobCondition('FailureTarget', 'True', ...failed, now)
  const met = metSuccessPolicy(job.spec, counts.succeededIndexes)
  return met === undefined ? undefined : jobCondition('SuccessCriteriaMet', 'True', 'SuccessPolicy', met, now)
}

/** All completions reached: judged only when no pod is active any more. */
export const completionsReached = ({ spec }: Job, succeeded: number): boolean =>
  spec.completions === undefined ? succeeded > 0 : succeeded >= spec.completions

export const completed = (now: number): JobCondition =>
  jobCondition('SuccessCriteriaMet', 'True', 'CompletionsReached', 'Reached expected number of succeeded pods', now)

/** Complete or Failed, of an interim condition. */
export const finalCondition = (interim: JobCondition, now: number): JobCondition =>
  jobCondition(interim.type === 'FailureTarget' ? 'Failed' : 'Complete', 'True', interim.reason ?? '', interim.message ?? '', now)

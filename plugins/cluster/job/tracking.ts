/**
 * Counting each ended pod exactly once, over crashes: a pod keeps a finalizer until its uid stands in `status.uncountedTerminatedPods`;
 * the uid leaves that list, and the counter rises, in the one write that follows the finalizer's removal. Pure.
 * Source: KEP-2307 and trackJobStatusAndRemoveFinalizers of pkg/controller/job/job_controller.go
 */
import type { k8s } from '@slipway/core/api'
import { hasFinalizer } from '../finalizers.ts'
import type { JobStatus } from './job-condition.ts'

export const trackingFinalizer = 'batch.kubernetes.io/job-tracking'
export const isTracked = (pod: k8s.Pod): boolean => hasFinalizer(pod, trackingFinalizer)

/** So many uids at most wait in a status (20 KB). */
export const maxUncounted = 500

export interface Uncounted {
  succeeded: readonly string[]
  failed: readonly string[]
}
export const uncountedOf = (status: JobStatus | undefined): Uncounted => ({
  succeeded: status?.uncountedTerminatedPods?.succeeded ?? [],
  failed: status?.uncountedTerminatedPods?.failed ?? [],
})
export const uncountedField = ({ succeeded, failed }: Uncounted): JobStatus['uncountedTerminatedPods'] => ({
  ...(succeeded.length && { succeeded: [...succeeded] }),
  ...(failed.length && { failed: [...failed] }),
})

/** A counter as Kubernetes writes it: absent when zero. */
export const counter = <K extends string>(name: K, value: number): { [P in K]?: number } =>
  (value ? { [name]: value } : {}) as { [P in K]?: number }

/**
 * The status once the pods of `tracked` are the only ones that still have the finalizer: all others' uids become counts.
 * @param indexed counts of succeeded come from completedIndexes instead
 */
export function settleCounts(status: JobStatus, tracked: (uid: string) => boolean, indexed: boolean): JobStatus {
  const uncounted = uncountedOf(status)
  const keep = { succeeded: uncounted.succeeded.filter(tracked), failed: uncounted.failed.filter(tracked) }
  const { succeeded = 0, failed = 0, ...rest } = status
  const newlySucceeded = indexed ? 0 : uncounted.succeeded.length - keep.succeeded.length
  return {
    ...rest,
    ...counter('succeeded', succeeded + newlySucceeded),
    ...counter('failed', failed + uncounted.failed.length - keep.failed.length),
    uncountedTerminatedPods: uncountedField(keep)!,
  }
}

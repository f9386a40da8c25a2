/** Job conditions: no Ready, but a history of what was reached. Source: batch/v1 JobCondition */
import type { k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'

export type JobStatus = NonNullable<k8s.Job['status']>
export type JobCondition = NonNullable<JobStatus['conditions']>[number]

export const jobCondition = (type: string, status: string, reason: string, message: string, now: number): JobCondition => ({
  type,
  status,
  lastProbeTime: rfc3339(now),
  lastTransitionTime: rfc3339(now),
  reason,
  message,
})

export const trueCondition = (status: JobStatus | undefined, type: string): JobCondition | undefined =>
  status?.conditions?.find(c => c.type === type && c.status === 'True')

/** Complete or Failed: nothing will happen to this Job any more. */
export const finishedCondition = (status: JobStatus | undefined): JobCondition | undefined =>
  trueCondition(status, 'Complete') ?? trueCondition(status, 'Failed')

/** The list with the condition in it; the same list when it says so already. A condition that never was True is not added as False. */
export function withCondition(list: JobCondition[] | undefined, next: JobCondition): JobCondition[] | undefined {
  const current = list?.find(c => c.type === next.type)
  if (!current) return next.status === 'False' ? list : [...(list ?? []), next]
  if (current.status === next.status && current.reason === next.reason && current.message === next.message) return list
  return list!.map(c => (c === current ? next : c))
}

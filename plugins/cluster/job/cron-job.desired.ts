/** What a CronJob needs now: a Job to start, Jobs to end or forget, and its status. Pure. Source: pkg/controller/cronjob/cronjob_controllerv2.go */
import { controllerRef, k8s, objectOf } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { suffixed } from '../pods/name-suffix.ts'
import { millis } from '../pods/pod-state.ts'
import { dueAt } from './cron-schedule.ts'
import { finishedCondition } from './job-condition.ts'

type CronJob = k8s.CronJob
type Job = k8s.Job
export type CronJobStatus = NonNullable<CronJob['status']>
type Ref = NonNullable<CronJobStatus['active']>[number]
interface Event {
  type: 'Normal' | 'Warning'
  reason: string
  message: string
}

export interface CronJobPlan {
  create?: Job
  remove: Job[]
  status: CronJobStatus
  events: Event[]
  requeueAfterMs?: number
}

const byStart = (a: Job, b: Job) =>
  millis(a.status?.startTime) - millis(b.status?.startTime) || a.metadata.name.localeCompare(b.metadata.name)
const isFailed = (job: Job) => finishedCondition(job.status)?.type === 'Failed'

/** Finished Jobs beyond the history limits, oldest first. */
function forgotten({ spec }: CronJob, jobs: Job[]): Job[] {
  const finished = jobs.filter(job => finishedCondition(job.status) && !job.metadata.deletionTimestamp).sort(byStart)
  const beyond = (list: Job[], limit: number) => list.slice(0, Math.max(0, list.length - limit))
  return [
    ...beyond(
      finished.filter(job => !isFailed(job)),
      spec.successfulJobsHistoryLimit ?? 3,
    ),
    ...beyond(finished.filter(isFailed), spec.failedJobsHistoryLimit ?? 1),
  ]
}

const refOf = ({ metadata }: Job): Ref => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  name: metadata.name,
  ...(metadata.namespace && { namespace: metadata.namespace }),
  ...(metadata.uid && { uid: metadata.uid }),
})

/** Named by the minute that it is for, so that no minute is ever started twice. */
export function jobFor(cronJob: CronJob, at: number): Job {
  const { metadata, spec } = cronJob.spec.jobTemplate
  const { namespace } = cronJob.metadata
  return objectOf(k8s.Job, {
    metadata: {
      name: suffixed(cronJob.metadata.name, String(Math.floor(at / 60_000))),
      ...(namespace && { namespace }),
      labels: { ...metadata?.labels },
      annotations: { ...metadata?.annotations, 'batch.kubernetes.io/cronjob-scheduled-timestamp': rfc3339(at) },
      ownerReferences: [controllerRef(cronJob)],
    },
    spec: spec!,
  })
}

/** The active list after what has ended or vanished, and what there is to say about it. */
function stillActive(cronJob: CronJob, jobs: Job[]): { running: Job[]; events: Event[] } {
  const events: Event[] = []
  const known = new Set(cronJob.status?.active?.map(ref => ref.uid))
  const running = jobs.filter(job => !finishedCondition(job.status))
  for (const job of jobs)
    if (known.has(job.metadata.uid) && finishedCondition(job.status)) {
      const how = finishedCondition(job.status)!.type
      events.push({
        type: 'Normal',
        reason: 'SawCompletedJob',
        message: `Saw completed job: ${job.metadata.name}, condition: ${how}`,
      })
    }
  for (const { uid, name } of cronJob.status?.active ?? [])
    if (!jobs.some(job => job.metadata.uid === uid))
      events.push({ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` })
  return { running, events }
}

/** @param jobs all that the CronJob controls */
export function cronJobPlan(cronJob: CronJob, jobs: Job[], now: number): CronJobPlan {
  const { running, events } = stillActive(cronJob, jobs)
  const remove = forgotten(cronJob, jobs)
  const { lastScheduleTime, lastSuccessfulTime } = cronJob.status ?? {}
  const succeeded = Math.max(
    millis(lastSuccessfulTime) || 0,
    ...jobs.map(job => (finishedCondition(job.status)?.type === 'Complete' ? millis(job.status?.completionTime) || 0 : 0)),
  )
  const statusOf = (active: Job[], last = lastScheduleTime): CronJobStatus => ({
    ...(active.length && { active: active.map(refOf) }),
    ...(last && { lastScheduleTime: last }),
    ...(succeeded && { lastSuccessfulTime: rfc3339(succeeded) }),
  })
  const { suspend, concurrencyPolicy } = cronJob.spec
  if (cronJob.metadata.deletionTimestamp || suspend) return { remove, status: statusOf(running), events }

  let due: ReturnType<typeof dueAt>
  try {
    due = dueAt(cronJob, now)
  } catch (error) {
    const message = `unparseable schedule: ${cronJob.spec.schedule}: ${error instanceof Error ? error.message : error}`
    return { remove, status: statusOf(running), events: [...events, { type: 'Warning', reason: 'UnparseableSchedule', message }] }
  }
  const wait = due.nextAt === undefined ? {} : { requeueAfterMs: Math.max(1, due.nextAt - now) }
  if (due.manyMissed)
    events.push({
      type: 'Warning',
      reason: 'TooManyMissedTimes',
      message: 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
    })
  if (due.at === undefined) return { remove, status: statusOf(running), events, ...wait }
  if (concurrencyPolicy === 'Forbid' && running.length) {
    events.push({
      type: 'Normal',
      reason: 'JobAlreadyActive',
      message: 'Not starting job because prior execution is running and concurrency policy is Forbid',
    })
    return { remove, status: statusOf(running), events, ...wait }
  }
  const create = jobFor(cronJob, due.at)
  const replaced = concurrencyPolicy === 'Replace' ? running : []
  const left = running.filter(job => !replaced.includes(job))
  return { create, remove: [...remove, ...replaced], status: statusOf(left, rfc3339(due.at)), events, ...wait }
}

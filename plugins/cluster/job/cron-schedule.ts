/** When a CronJob is due. Pure. Source: pkg/controller/cronjob/utils.go; the expressions are croner's, of which Kubernetes' five fields and @names are a part */
import type { k8s } from '@slipway/core/api'
import { Cron } from 'croner'
import { millis } from '../pods/pod-state.ts'

type CronJob = k8s.CronJob

export interface Due {
  /** The last time that has passed and was not started; milliseconds. */
  at?: number
  /** More than a hundred were missed: the clock jumped, or the controller was away. */
  manyMissed: boolean
  /** The next time in the future. */
  nextAt?: number
}

const manyMissed = 100

/** @throws Error saying what is wrong with the expression or the time zone */
export const scheduleOf = ({ spec }: CronJob): Cron =>
  new Cron(spec.schedule, { paused: true, timezone: spec.timeZone ?? 'UTC', mode: '5-part' })

export function dueAt(cronJob: CronJob, now: number): Due {
  const schedule = scheduleOf(cronJob)
  const { status, metadata, spec } = cronJob
  const deadline = spec.startingDeadlineSeconds
  const since = Math.max(
    millis(status?.lastScheduleTime ?? metadata.creationTimestamp),
    deadline === undefined ? Number.NEGATIVE_INFINITY : now - deadline * 1000,
  )
  let at: number | undefined
  let missed = 0
  // From the latest backwards would be quicker, but croner counts forwards; a hundred is where Kubernetes stops to care, too.
  for (let next = schedule.nextRun(new Date(since)); next && next.getTime() <= now; next = schedule.nextRun(next)) {
    at = next.getTime()
    if (++missed > manyMissed) {
      at = schedule.previousRuns(1, new Date(Math.floor(now / 1000) * 1000 + 1000))[0]?.getTime() ?? at
      break
    }
  }
  const nextAt = schedule.nextRun(new Date(now))?.getTime()
  return { ...(at !== undefined && { at }), manyMissed: missed > manyMissed, ...(nextAt !== undefined && { nextAt }) }
}

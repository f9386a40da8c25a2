/** What is in a queue, for people: how much waits, where a job stands, and which jobs have failed for good. Ids are those that `enqueue` returned. */
import type { QueueConnection } from './connection.ts'
import { type Failure, parseFailureText } from './failure.ts'

export interface DeadLetter extends Pick<Failure, 'blame' | 'reason' | 'message'> {
  id: string
  data: unknown
  attempts: number
  /** Milliseconds since the epoch. */
  failedAt: number
}
export interface QueueCounts {
  waiting: number
  active: number
  delayed: number
  failed: number
}

export async function queueCounts(connection: QueueConnection, queue: string): Promise<QueueCounts> {
  const counts = await (await connection.queue(queue)).getJobCounts(
    'wait',

    'prioritized',
    'active',
    'delayed',
    'failed',
  )
  const { wait = 0, prioritized = 0, active = 0, delayed = 0, failed = 0 } = counts
  return { waiting: wait + prioritized, active, delayed, failed }
}

/** Jobs ahead of this one; 0 is next, undefined when it does not wait (it runs, is done, or is delayed). */
export async function queuePosition(connection: QueueConnection, queue: string, id: string): Promise<number | undefined> {
  const client = await connection.client()
  const key = (part: string) => `${connection.prefix}:${queue}:${part}`
  const [fromHead, waiting, rank] = await Promise.all([
    // Jobs are pushed on the left and taken from the right.
    client.lpos(key('wait'), id, 'RANK', -1),
    client.llen(key('wait')),
    client.zrank(key('prioritized'), id),
  ])
  if (fromHead !== null) return waiting - 1 - fromHead
  return rank === null ? undefined : waiting + rank
}

/** The newest dead letters first. */
export async function deadLetters(connection: QueueConnection, queue: string, limit = 100): Promise<DeadLetter[]> {
  const jobs = await (await connection.queue(queue)).getFailed(0, limit - 1)
  return jobs.map(job => ({
    id: job.id!,
    data: job.data,
    attempts: job.attemptsMade,
    failedAt: job.finishedOn ?? 0,
    ...parseFailureText(job.failedReason ?? ''),
  }))
}

/** Puts a dead letter back, with all its attempts. @returns false when there is none of this id */
export async function retryDeadLetter(connection: QueueConnection, queue: string, id: string): Promise<boolean> {
  const job = await (await connection.queue(queue)).getJob(id)
  if (!job || !(await job.isFailed())) return false
  await job.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
  return true
}

/** @returns false when there is none of this id */
export async function removeDeadLetter(connection: QueueConnection, queue: string, id: string): Promise<boolean> {
  const job = await (await connection.queue(queue)).getJob(id)
  if (!job || !(await job.isFailed())) return false
  await job.remove()
  return true
}

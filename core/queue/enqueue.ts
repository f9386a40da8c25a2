/** Puts a job into its queue, durably: when this resolves, Redis has it (and on disk, with the AOF settings of plugins/redis). */
import type { QueueConnection } from './connection.ts'
import { type Job, jobId } from './define-job.ts'
import { JobFailure } from './failure.ts'
import { takeTurn } from './turns.ts'

export interface EnqueueOptions {
  /** Milliseconds to wait for a Redis that is away. Default 5,000. */
  timeoutMs?: number
}

/**
 * @returns the job's id; a job of this id that waits or runs already is left as it is, a dead letter of this id is tried again
 * @throws JobFailure InvalidJobData, or QueueUnavailable when Redis does not answer in time (it may still take the job afterwards)
 */
export async function enqueue<T>(
  connection: QueueConnection,
  job: Job<T>,
  data: T,
  { timeoutMs = 5000 }: EnqueueOptions = {},
): Promise<string> {
  const checked = job.check(data)
  const id = jobId(job.id(checked))
  const add = async () => {
    const lane = job.lane(checked)
    const client = await connection.client()
    const priority = lane ? await takeTurn(client, connection.prefix, job.queue, lane) : 0
    const queue = await connection.queue(job.queue)
    const added = await queue.add(job.queue, checked, {
      jobId: id,
      attempts: job.attempts,
      ...(priority && { priority }),
      backoff: { type: 'slipway' },
      removeOnComplete: true,
      removeOnFail: { count: job.deadLetters.count, age: Math.round(job.deadLetters.ageMs / 1000) },
      stackTraceLimit: 1,
    })
    if ((await added.getState()) === 'failed')
      await added.retry('failed', { resetAttemptsMade: true, resetAttemptsStarted: true })
    return id
  }
  return within(timeoutMs, job.queue, add())
}

function within<R>(ms: number, queue: string, work: Promise<R>): Promise<R> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const message = `Redis does not take jobs for queue ${queue} (no answer in ${ms} ms); is redis-server running?`
      reject(new JobFailure({ retry: 'backoff', blame: 'system', reason: 'QueueUnavailable', message }))
    }, ms)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}

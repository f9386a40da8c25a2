/**
 * Works a queue off: calls the handler once a job, at most `concurrency` at a time. Failures are mapped to BullMQ's own errors, a job
 * whose worker died is taken over by another, and a stop gives what is under way back to the queue without using up an attempt.
 * Handlers must be idempotent: a worker that dies after its effect but before its answer has the job done again.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Job as BullJob, Worker } from 'bullmq'
import type { Log } from '../observe/log.ts'
import type { QueueConnection } from './connection.ts'
import { backoffDelay, type Job } from './define-job.ts'
import { failureOf, failureText } from './failure.ts'
import { advanceTurn, resetTurns } from './turns.ts'

export interface JobContext {
  id: string
  /** From 1. */
  attempt: number
  /** True when a failure now makes a dead letter. */
  lastAttempt: boolean
  /** Aborted when the worker stops; the handler should reject soon, the job is then done by the next worker. */
  signal: AbortSignal
  log: Log
}
export type JobHandler<T> = (data: T, context: JobContext) => Promise<void>

export interface WorkerOptions {
  /** Default 1. */
  concurrency?: number
  /** Stops the worker as `close` does. */
  signal?: AbortSignal
  /** How long a worker may be silent before its jobs are taken over. Default 10,000 ms. */
  lockMs?: number
  /** How long a stop waits for handlers to give up, and for a Redis that is away. Default 8,000 ms. */
  closeGraceMs?: number
}
export interface RunningWorker {
  /** Takes no more jobs, waits for those under way (their signal is aborted), at most `closeGraceMs`; what the queue's connection ends, that ends last. */
  close(): Promise<void>
}

/** A job that takes the process down each time it runs must end somewhere. */
const takeOversAtMost = 10

export async function worker<T>(
  connection: QueueConnection,
  job: Job<T>,
  handler: JobHandler<T>,
  { concurrency = 1, signal, lockMs = 10_000, closeGraceMs = 8000 }: WorkerOptions = {},
): Promise<RunningWorker> {
  const { Worker, UnrecoverableError, DelayedError, WaitingError } = await import('bullmq')
  const client = await connection.client()
  const stopping = new AbortController()
  const log = connection.log.child({ queue: job.queue })

  async function process(taken: BullJob<T>, token?: string): Promise<void> {
    const attempt = taken.attemptsMade + 1
    const jobLog = log.child({ job: taken.id, attempt })
    if (taken.priority) void advanceTurn(client, connection.prefix, job.queue, taken.priority).catch(() => {})
    try {
      const context = { id: taken.id!, attempt, lastAttempt: attempt >= job.attempts, signal: stopping.signal, log: jobLog }
      await handler(job.check(taken.data), context)
    } catch (error) {
      if (stopping.signal.aborted) {
        await taken.moveToWait(token)
        throw new WaitingError()
      }
      const failure = failureOf(error)
      jobLog[failure.blame === 'user' ? 'info' : 'warn'](
        { err: error, reason: failure.reason, retry: failure.retry },
        'job failed',
      )
      if (typeof failure.retry === 'object') {
        await taken.moveToDelayed(Date.now() + failure.retry.afterMs, token)
        throw new DelayedError()
      }
      const text = failureText(failure)
      throw failure.retry === 'never' ? new UnrecoverableError(text) : new Error(text)
    }
  }

  const running: Worker<T> = new Worker<T>(job.queue, process, {
    connection: client,
    prefix: connection.prefix,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: lockMs / 2,
    maxStalledCount: takeOversAtMost,
    // After a lost Redis: BullMQ's own 15 s would leave a finished job unanswered, and a waiting one waiting.
    runRetryDelay: 500,
    settings: { backoffStrategy: made => backoffDelay(job, made) },
  })
  running.on('error', error => log.debug({ err: error }, 'worker'))
  running.on('drained', () => void resetTurns(client, connection.prefix, job.queue).catch(() => {}))

  let closing: Promise<void> | undefined
  const close = () => {
    closing ??= (async () => {
      const closed = running.close().catch(error => log.debug({ err: error }, 'worker did not close cleanly'))
      stopping.abort()
      const isClosed = await Promise.race([closed.then(() => true), wait(closeGraceMs, false, { ref: false })])
      if (isClosed) return
      // Without Redis nothing can be given back: the locks run out, and the next worker takes the jobs over.
      log.warn({}, 'Redis is away; the worker stops without it')
    })()
    return closing
  }
  if (signal?.aborted) await close()
  else signal?.addEventListener('abort', () => void close(), { once: true })
  return { close }
}

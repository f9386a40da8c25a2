/**
 * A job is declared like a kind: its data, its identity and its retries in one place. The id makes a redelivery harmless: while a job of
 * an id waits or runs, another of that id is the same job.
 *
 * @example
 *   export const buildJob = defineJob({ queue: 'builds', attempts: 5, data: s.object({ namespace: s.string(), uid: s.string() }), id: d => d.uid })
 */
import { describeFieldError } from '../api/field-error.ts'
import type { Schema } from '../api/schema.ts'
import { applyDefaults, validateSchema } from '../api/structural.ts'
import { JobFailure } from './failure.ts'

export interface JobSpec<T> {
  /** The queue's name; lower case letters, digits and dashes. */
  queue: string
  /** How often the handler is called before the job is a dead letter, first call included. */
  attempts: number
  /** The first wait between attempts; it doubles each time, up to `maxBackoffMs`. Default 500. */
  backoffMs?: number
  /** Default 60,000. */
  maxBackoffMs?: number
  data: Schema<T>
  id(data: T): string
  /** Whose turn it takes: jobs of different lanes take turns, however many each lane has queued. Default: one lane. */
  lane?(data: T): string
  /** How many dead letters are kept, and how long. Default 1,000 and 14 days. */
  deadLetters?: { count: number; ageMs: number }
}
export type Job<T> = Required<JobSpec<T>> & {
  /** The checked, completed copy of data. @throws JobFailure InvalidJobData naming each bad field */
  check(data: unknown): T
}

const day = 86_400_000

export function defineJob<T>(spec: JobSpec<T>): Job<T> {
  return {
    backoffMs: 500,
    maxBackoffMs: 60_000,
    lane: () => '',
    deadLetters: { count: 1000, ageMs: 14 * day },
    ...spec,
    check(data) {
      const copy = structuredClone(data)
      applyDefaults(spec.data.json, copy)
      const problems = validateSchema(spec.data.json, copy).map(describeFieldError)
      if (problems.length)
        throw new JobFailure({
          retry: 'never',
          blame: 'system',
          reason: 'InvalidJobData',
          message: `data of a job of queue ${spec.queue} is wrong: ${problems.join('; ')}`,
        })
      return copy as T
    },
  }
}

/**
 * A job's id as BullMQ takes it: it refuses `:`, and ids of digits alone are its own. Injective.
 * @example jobId('demo:hello') // 'demo%3Ahello'
 */
export const jobId = (id: string): string => {
  const safe = id.replace(/[%:]/g, c => (c === ':' ? '%3A' : '%25'))
  return /^\d+$/.test(safe) ? `%${safe}` : safe
}

/** Milliseconds before the next attempt. @param made attempts that have been made, from 1 */
export const backoffDelay = ({ backoffMs, maxBackoffMs }: { backoffMs: number; maxBackoffMs: number }, made: number): number =>
  Math.min(maxBackoffMs, backoffMs * 2 ** Math.max(0, made - 1))

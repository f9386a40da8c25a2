/** Trying again what the network or a server failed at: exponential with full jitter, bounded, honouring Retry-After. */
import { setTimeout as delay } from 'node:timers/promises'
import { codeOf, isBuildFailure } from '../failure/index.ts'

export interface RetryPolicy {
  /** How many tries in all; default 5. */
  attempts?: number
  /** The first pause at most, doubled with each try; default 100 ms. */
  baseMs?: number
  /** Default 5 s. */
  maxMs?: number
  /** How to pause; tests give their own. */
  wait?: (ms: number, signal?: AbortSignal) => Promise<void>
  random?: () => number
}

const passing = new Set([
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_SOCKET',
  'ERR_STREAM_PREMATURE_CLOSE',
])
const passingStatus = new Set([408, 429, 500, 502, 503, 504])

/** Can a try that ended in this error succeed later? */
export const isPassing = (error: unknown): boolean =>
  isBuildFailure(error) ? error.retry !== 'never' : passing.has(codeOf(error) ?? '')
export const isPassingStatus = (status: number): boolean => passingStatus.has(status)

/** Milliseconds that a Retry-After header asks for. */
export function retryAfterMs(header: string | undefined, now: number = Date.now()): number | undefined {
  if (!header) return undefined
  if (/^\d+$/.test(header)) return Number(header) * 1000
  const date = Date.parse(header)
  return Number.isNaN(date) ? undefined : Math.max(0, date - now)
}

/** Runs until it succeeds, fails for good, or tries run out; then the last error is thrown. */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  run: (attempt: number) => Promise<T>,
): Promise<T> {
  const {
    attempts = 5,
    baseMs = 100,
    maxMs = 5000,
    wait = (ms, s) => delay(ms, undefined, { signal: s }),
    random = Math.random,
  } = policy
  for (let attempt = 1; ; attempt++) {
    try {
      return await run(attempt)
    } catch (error) {
      if (attempt >= attempts || signal?.aborted || !isPassing(error)) throw error
      const asked = isBuildFailure(error) && typeof error.retry === 'object' ? error.retry.afterMs : undefined
      await wait(Math.min(asked ?? random() * baseMs * 2 ** (attempt - 1), Math.max(maxMs, 0)), signal)
    }
  }
}

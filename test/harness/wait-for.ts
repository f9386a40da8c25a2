/** Polls for something that only another process can bring about. Not for unit tests: those have a fake clock. */
import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  /** How long to go on; default 30 s. */
  timeoutMs?: number
  /** Pause between two looks; default 50 ms. */
  everyMs?: number
  signal?: AbortSignal
}

/**
 * The first value of `look` that is neither undefined nor false. An error counts as "not yet".
 * @throws Error that names `what` and the last error seen
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  options: WaitOptions = {},
): Promise<T> {
  const { timeoutMs = 30_000, everyMs = 50, signal } = options
  const end = performance.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const value = await look()
      if (value !== undefined && value !== false) return value
    } catch (error) {
      last = error
    }
    signal?.throwIfAborted()
    if (performance.now() > end) {
      const seen = last === undefined ? '' : `; last seen: ${last instanceof Error ? last.message : last}`
      throw new Error(`${what} did not happen within ${Math.round(timeoutMs / 1000)} s${seen}`, { cause: last })
    }
    await sleep(everyMs, undefined, signal && { signal })
  }
}

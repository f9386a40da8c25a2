/**
 * A queue of keys, as controller-runtime's: a key that waits already is not added twice; a key that is being worked on is put back after;
 * failures come back later and later (5 ms doubling to 5 minutes) until `forget`.
 * Source: client-go util/workqueue (ItemExponentialFailureRateLimiter).
 */
import { type Clock, systemClock } from '../observe/clock.ts'

export interface WorkQueue {
  add(key: string): void
  /** Adds after a time; the earliest of several times counts. */
  addAfter(key: string, ms: number): void
  /** Adds after the key's own back-off. @returns the delay in milliseconds */
  addRateLimited(key: string): number
  /** The key went well: its back-off starts anew. */
  forget(key: string): void
  /** Keys waiting now, without those due later. */
  readonly length: number
  /** Keys that are being worked on. */
  readonly active: number
  /** Stops taking keys; resolves when the running ones have ended. */
  close(): Promise<void>
}

export interface WorkQueueOptions {
  /** Never called twice at once for one key. A rejection is up to the caller: it must not happen. */
  work(key: string): Promise<void>
  concurrency?: number
  clock?: Clock
  firstBackoffMs?: number
  longestBackoffMs?: number
}

export function workQueue(options: WorkQueueOptions): WorkQueue {
  const { work, concurrency = 4, clock = systemClock, firstBackoffMs = 5, longestBackoffMs = 300_000 } = options
  const waiting = new Set<string>()
  const running = new Set<string>()
  const again = new Set<string>()
  const failures = new Map<string, number>()
  const timers = new Map<string, { at: number; cancel: () => void }>()
  let closed = false
  let scheduled = false
  let drained = () => {}

  const pump = () => {
    scheduled = false
    for (const key of waiting) {
      if (closed || running.size >= concurrency) return
      waiting.delete(key)
      running.add(key)
      void work(key).finally(() => {
        running.delete(key)
        if (again.delete(key)) add(key)
        if (closed && running.size === 0) drained()
        schedule()
      })
    }
  }
  // Keys added in one turn of the event loop are looked at together, after the caches have taken in the whole batch of changes.
  const schedule = () => {
    if (scheduled || closed || !waiting.size) return
    scheduled = true
    setImmediate(pump)
  }
  const add = (key: string) => {
    if (closed) return
    if (running.has(key)) {
      again.add(key)
      return
    }
    waiting.add(key)
    schedule()
  }
  const addAfter = (key: string, ms: number) => {
    if (closed) return
    if (ms <= 0) return add(key)
    const at = clock.now() + ms
    const planned = timers.get(key)
    if (planned && planned.at <= at) return
    planned?.cancel()
    const cancel = clock.after(ms, () => {
      timers.delete(key)
      add(key)
    })
    timers.set(key, { at, cancel })
  }
  return {
    add,
    addAfter,
    addRateLimited(key) {
      const failed = failures.get(key) ?? 0
      failures.set(key, failed + 1)
      const delay = Math.min(longestBackoffMs, firstBackoffMs * 2 ** Math.min(failed, 30))
      addAfter(key, delay)
      return delay
    },
    forget: key => void failures.delete(key),
    get length() {
      return waiting.size
    },
    get active() {
      return running.size
    },
    async close() {
      closed = true
      for (const { cancel } of timers.values()) cancel()
      timers.clear()
      waiting.clear()
      if (running.size)
        await new Promise<void>(resolve => {
          drained = resolve
        })
    },
  }
}

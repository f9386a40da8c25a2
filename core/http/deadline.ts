/**
 * Timeouts of a revision's requests. Source: knative.dev/serving pkg/http/handler/timeout.go: before the answer has begun the client
 * gets 504, after that it is cut. A tunnel has no end of its own, so only the idle timeout holds for it.
 */
import type { Clock } from '../observe/clock.ts'
import type { Exchange } from './exchange.ts'
import { idleTimedOut, timedOut } from './failure.ts'

export interface Timeouts {
  /** From the request to the end of the answer; seconds, 0 is none. */
  totalSeconds: number
  /** From the request to the status line; seconds, 0 is none. */
  responseStartSeconds: number
  /** Longest silence of the upstream; seconds, 0 is none. */
  idleSeconds: number
}

/** Starts the clocks of one exchange, from now on. */
export function withDeadline(exchange: Exchange, timeouts: Timeouts, clock: Clock): void {
  const { totalSeconds, responseStartSeconds, idleSeconds } = timeouts
  const startSeconds =
    responseStartSeconds > 0 && (totalSeconds === 0 || responseStartSeconds < totalSeconds) ? responseStartSeconds : 0
  const cancelTotal =
    totalSeconds > 0 ? clock.after(totalSeconds * 1000, () => exchange.refuse(timedOut(totalSeconds))) : undefined
  const cancelStart =
    startSeconds > 0 ? clock.after(startSeconds * 1000, () => exchange.refuse(timedOut(startSeconds))) : undefined
  const cancelIdle = idleSeconds > 0 ? watchIdle(exchange, idleSeconds, clock) : undefined
  if (cancelStart) exchange.onStart(cancelStart)
  if (cancelTotal && exchange.upgrade !== undefined)
    exchange.onStart(() => {
      if (exchange.status === 101) cancelTotal()
    })
  if (cancelTotal || cancelStart || cancelIdle)
    exchange.onEnd(() => {
      cancelTotal?.()
      cancelStart?.()
      cancelIdle?.()
    })
}

/** One timer that looks when data last came, not one a piece of data. */
function watchIdle(exchange: Exchange, seconds: number, clock: Clock): () => void {
  const ms = seconds * 1000
  let last = clock.now()
  let cancel = () => {}
  const touch = () => {
    last = clock.now()
  }
  const look = () => {
    const quiet = clock.now() - last
    if (quiet >= ms) exchange.refuse(idleTimedOut(seconds))
    else cancel = clock.after(ms - quiet, look)
  }
  cancel = clock.after(ms, look)
  exchange.onStart(touch)
  exchange.onData(touch)
  return () => cancel()
}

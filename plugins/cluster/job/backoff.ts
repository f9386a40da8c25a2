/**
 * How long a Job waits before it starts the next pod: 10 s after the first failure, doubling to 6 min, back to nothing after a success.
 * Computed from the pods that are there, so a restart of the controller forgets nothing. Pure.
 * Source: pkg/controller/job/backoff_utils.go
 */
import type { k8s } from '@slipway/core/api'
import { finishedAt } from '../pods/pod-state.ts'

const firstMs = 10_000
const longestMs = 360_000

/** @param failed pods whose failure counts; @returns milliseconds, 0 when the next pod may start now */
export function backoffMs(succeeded: k8s.Pod[], failed: k8s.Pod[], now: number): number {
  const lastSuccess = Math.max(Number.NEGATIVE_INFINITY, ...succeeded.map(finishedAt))
  const since = failed.map(finishedAt).filter(at => at > lastSuccess)
  if (!since.length) return 0
  const wait = Math.min(longestMs, firstMs * 2 ** Math.min(since.length - 1, 20))
  return Math.max(0, Math.max(...since) + wait - now)
}

/** Counting a probe's results against its thresholds, and when to probe next. Pure. Source: kubelet prober/worker.go */
import type { k8s } from '@slipway/core/api'

export type ProbeKind = 'startup' | 'liveness' | 'readiness'
export interface ProbeTimes {
  initialDelayMs: number
  periodMs: number
  timeoutMs: number
  successThreshold: number
  failureThreshold: number
}
export const probeTimes = (probe: k8s.Probe): ProbeTimes => ({
  initialDelayMs: (probe.initialDelaySeconds ?? 0) * 1000,
  periodMs: (probe.periodSeconds || 10) * 1000,
  timeoutMs: (probe.timeoutSeconds || 1) * 1000,
  successThreshold: probe.successThreshold || 1,
  failureThreshold: probe.failureThreshold || 3,
})

export interface ProbeState {
  /** Undefined until a threshold is reached. */
  verdict: boolean | undefined
  /** The same result so many times in a row. */
  run: number
  last: boolean | undefined
}
export const unprobed: ProbeState = { verdict: undefined, run: 0, last: undefined }

export function withResult(state: ProbeState, success: boolean, times: ProbeTimes): ProbeState {
  const run = state.last === success ? state.run + 1 : 1
  const needed = success ? times.successThreshold : times.failureThreshold
  return { last: success, run, verdict: run >= needed ? success : state.verdict }
}

/** Knative's queue-proxy finds out within 25 ms that the app is up; so does this, for the first seconds, where a probe costs little. */
const eagerStepMs = 25
const eagerForMs = 5000

/**
 * The wait before the next probe. Eager tries between the regular ones only look for the first success: their failures count for nothing.
 * @param sinceStart milliseconds since the container started
 * @param nextRegular when the next regular probe is due, on the same scale
 */
export function nextProbe(options: {
  sinceStart: number
  nextRegular: number
  eager: boolean
  state: ProbeState
  times: ProbeTimes
}): { at: number; counts: boolean } {
  const { sinceStart, nextRegular, eager, state, times } = options
  const begin = times.initialDelayMs
  const early = Math.max(begin, sinceStart + eagerStepMs)
  const isEager = eager && state.verdict !== true && early < begin + eagerForMs && early < nextRegular
  return isEager ? { at: early, counts: false } : { at: Math.max(nextRegular, begin), counts: true }
}

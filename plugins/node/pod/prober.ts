/** Runs the probes of one run of a container until it is stopped: first the start-up probe, then liveness and readiness. */
import type { k8s } from '@slipway/core/api'
import type { Clock } from '@slipway/core/observe'
import { checkProbe, type ProbeHandler, type ProbeTarget } from './probe-check.ts'
import { nextProbe, type ProbeKind, probeTimes, unprobed, withResult } from './probe-state.ts'

export interface ProbeReport {
  kind: ProbeKind
  /** A threshold was reached: it changed to this. */
  verdict: boolean
  /** The last failure's words. */
  message: string
}
export interface ProberOptions {
  container: k8s.Container
  target: ProbeTarget
  clock: Clock
  /** When the container started, milliseconds since the epoch. */
  startedAt: number
  /** What is known from before a restart of the node. */
  known?: { started: boolean }
  onReport(report: ProbeReport): void
  /** Each failed regular probe, for events. */
  onFailure(kind: ProbeKind, message: string): void
  check?: typeof checkProbe
}

/** @returns how to stop */
export function startProber(options: ProberOptions): () => void {
  const { container, target, clock, startedAt, known, onReport, onFailure, check = checkProbe } = options
  let stopped = false
  const cancels = new Set<() => void>()

  function run(kind: ProbeKind, probe: k8s.Probe): void {
    const times = probeTimes(probe)
    // Each exec starts a process: those are not done eagerly.
    const eager = kind !== 'liveness' && !probe.exec
    let state = unprobed
    // Where eager tries cover the beginning, the first one that counts comes a period later.
    let nextRegular = Math.max(times.initialDelayMs + (eager ? times.periodMs : 0), clock.now() - startedAt)
    const plan = () => {
      if (stopped) return
      const { at, counts } = nextProbe({ sinceStart: clock.now() - startedAt, nextRegular, eager, state, times })
      const cancel = clock.after(Math.max(0, at - (clock.now() - startedAt)), () => {
        cancels.delete(cancel)
        void once(counts)
      })
      cancels.add(cancel)
    }
    const once = async (counts: boolean) => {
      if (counts) nextRegular = clock.now() - startedAt + times.periodMs
      const problem = await check(probe as ProbeHandler, target, times.timeoutMs)
      if (stopped) return
      const before = state.verdict
      if (counts || problem === undefined) {
        state = withResult(state, problem === undefined, times)
        if (problem !== undefined) onFailure(kind, problem)
      }
      const { verdict } = state
      if (verdict !== undefined && verdict !== before) onReport({ kind, verdict, message: problem ?? '' })
      // A start-up probe is over at its first verdict; a failed liveness probe ends the container.
      if (verdict !== undefined && (kind === 'startup' || (kind === 'liveness' && !verdict))) {
        if (kind === 'startup' && verdict) begin()
        return
      }
      plan()
    }
    plan()
  }

  function begin(): void {
    if (container.livenessProbe) run('liveness', container.livenessProbe)
    if (container.readinessProbe) run('readiness', container.readinessProbe)
  }

  if (container.startupProbe && !known?.started) run('startup', container.startupProbe)
  else begin()
  return () => {
    stopped = true
    for (const cancel of cancels) cancel()
  }
}

/** A Rollout's steps: what each does, and when the next may begin. Pure. */
import { parseDuration } from '@slipway/core/api'
import type { RolloutStep } from '@slipway/core/api/delivery'
import { lookAgainMs, type RolloutView } from './rollout.outcome.ts'
import { canaryOf } from './rollout.traffic.ts'

/** What guards where a Rollout says nothing. */
export const defaultGuard = { maxErrorPercent: 5, minRequests: 20, window: '30s' }

const seconds = (ms: number) => `${Math.ceil(ms / 1000)} s`

type Figures = { maxErrorPercent: number; minRequests: number; window: string }
/** @returns why the figures are bad, 'few' when there are too few to say, or undefined when they are good */
export function judge(view: RolloutView, limits: Figures): { bad: string } | 'few' | undefined {
  const figures = view.figures?.(parseDuration(limits.window))
  if (!figures || !(figures.requests >= limits.minRequests)) return 'few'
  const percent = (100 * figures.errors) / figures.requests
  if (!(percent > limits.maxErrorPercent)) return undefined
  return {
    bad: `${percent.toFixed(1)} % of ${figures.requests} requests in ${limits.window} failed, more than the ${limits.maxErrorPercent} % that are allowed`,
  }
}

export type Advance =
  | { kind: 'hold'; message: string; phase: 'Progressing' | 'Paused'; afterMs?: number }
  | { kind: 'bad'; reason: string; why: string }
  | { kind: 'next' }

export function advance(step: RolloutStep, view: RolloutView, weight: number, elapsedMs: number, inEffect: boolean): Advance {
  if (step.setWeight !== undefined)
    return inEffect
      ? { kind: 'next' }
      : { kind: 'hold', phase: 'Progressing', message: `giving the candidate ${weight} % of requests`, afterMs: lookAgainMs }
  if (step.pause) {
    if (step.pause.duration === undefined)
      return { kind: 'hold', phase: 'Paused', message: `at ${weight} %, waiting for a resume request` }
    const left = parseDuration(step.pause.duration) - elapsedMs
    return left <= 0
      ? { kind: 'next' }
      : { kind: 'hold', phase: 'Progressing', message: `at ${weight} % for another ${seconds(left)}`, afterMs: left }
  }
  const analysis = step.analysis!
  const verdict = judge(view, analysis)
  if (verdict === 'few') {
    const left = parseDuration(view.rollout.spec.progressDeadline) - elapsedMs
    if (left <= 0)
      return {
        kind: 'bad',
        reason: 'NoFigures',
        why: `the analysis did not see ${analysis.minRequests} requests within ${view.rollout.spec.progressDeadline}`,
      }
    return {
      kind: 'hold',
      phase: 'Progressing',
      message: `at ${weight} %, waiting for ${analysis.minRequests} requests to judge by`,
      afterMs: Math.min(left, lookAgainMs),
    }
  }
  if (verdict) return { kind: 'bad', reason: 'AnalysisFailed', why: verdict.bad }
  const left = parseDuration(analysis.duration) - elapsedMs
  return left <= 0
    ? { kind: 'next' }
    : { kind: 'hold', phase: 'Progressing', message: `at ${weight} %, figures are good`, afterMs: Math.min(left, lookAgainMs) }
}

/** The steps, the first weight as the push asked for it. */
export function stepsOf({ rollout, service }: RolloutView, candidate: string): RolloutStep[] {
  const asked = canaryOf(service!, candidate)
  if (asked === undefined) return rollout.spec.steps
  const first = rollout.spec.steps.findIndex(step => step.setWeight !== undefined)
  if (first < 0) return [{ setWeight: asked }, ...rollout.spec.steps]
  return rollout.spec.steps.map((step, i) => (i === first ? { setWeight: asked } : step))
}

/** The weight that holds at a step: that of the last setWeight up to it. */
export const weightAt = (steps: RolloutStep[], index: number): number =>
  steps.slice(0, index + 1).findLast(s => s.setWeight !== undefined)?.setWeight ?? 0

/**
 * What a Rollout does next: the Service's traffic and the Rollout's status, from what is seen and the time. Pure, so that a controller
 * that dies at any line goes on where it was: everything it knows is in the status.
 *
 * Policy: a newer candidate replaces the one under way, its steps begin again and the stable revision stays. A rolled-back candidate is
 * not tried again unless a `retry` request asks. Figures that are missing decide nothing in a setWeight or pause; an analysis waits for
 * them, at most as long as `progressDeadline`, then rolls back.
 */
import { conditionOf, no, parseDuration, type Verdict, waiting, yes } from '@slipway/core/api'
import type { Rollout, RolloutStatus, RolloutStep } from '@slipway/core/api/delivery'
import {
  change,
  firstRelease,
  iso,
  lookAgainMs,
  promote,
  type RolloutDecision,
  type RolloutView,
  requestOf,
  rest,
  rollBack,
  settled,
  withConditions,
} from './rollout.outcome.ts'
import { type Advance, advance, defaultGuard, judge, stepsOf, weightAt } from './rollout.steps.ts'
import { isInEffect, splitTraffic, stableOf, targetOf } from './rollout.traffic.ts'

/** Where a candidate is between its steps. */
interface Progress {
  index: number
  startedAt: number
}
function progress(view: RolloutView, candidate: string, stable: string, now: number): RolloutDecision {
  const { rollout, service } = view
  const before = rollout.status ?? {}
  const isNew = before.candidateRevision !== candidate
  const old = isNew ? before.candidateRevision : undefined
  const request = requestOf(view, candidate)
  if (request?.action === 'abort')
    return rollBack(view, candidate, stable, 'Aborted', `aborted${request.by ? ` by ${request.by}` : ''}`, now)
  const ready = conditionOf(view.candidate?.status?.conditions, 'Ready')
  if (ready?.status === 'False')
    return rollBack(view, candidate, stable, ready.reason ?? 'NotReady', ready.message ?? 'the revision is not Ready', now)
  if (request?.action === 'promote' && ready?.status === 'True')
    return promote(
      view,
      candidate,
      'Requested',
      `${candidate} was promoted as requested${request.by ? ` by ${request.by}` : ''}`,
      now,
    )
  const guard = rollout.spec.guard
  const guarded = !isNew && guard?.enabled !== false ? judge(view, guard ?? defaultGuard) : undefined
  if (typeof guarded === 'object') return rollBack(view, candidate, stable, 'ErrorRate', guarded.bad, now)

  const steps = stepsOf(view, candidate)
  const since = isNew ? now : Date.parse(before.candidateSince ?? iso(now))
  const base: RolloutStatus = {
    ...settled(
      view,
      now,
      old && old !== stable
        ? { revision: old, outcome: 'Replaced', reason: 'NewerCandidate', message: `replaced by ${candidate}` }
        : undefined,
    ),
    stableRevision: stable,
    candidateRevision: candidate,
    candidateSince: iso(since),
  }
  // A retry, or it would not be here.
  if (base.rejectedRevision === candidate) delete base.rejectedRevision
  // A promote request waits for the candidate to be Ready.
  if (request?.action === 'promote') {
    if (before.handledRequest) base.handledRequest = before.handledRequest
    else delete base.handledRequest
  }
  const started = isNew ? undefined : before.stepStartedAt
  if (ready?.status !== 'True' && !started) {
    const left = since + parseDuration(rollout.spec.progressDeadline) - now
    if (left <= 0)
      return rollBack(
        view,
        candidate,
        stable,
        'ProgressDeadlineExceeded',
        `it was not Ready within ${rollout.spec.progressDeadline}`,
        now,
      )
    const message = `waiting for ${candidate} to be Ready`
    const status: RolloutStatus = { ...base, phase: 'Progressing', message, stepIndex: 0, step: `0/${steps.length}`, weight: 0 }
    return {
      ...change(service!, splitTraffic(service!, stable)),
      status: withConditions(
        view,
        status,
        waiting(ready?.reason || 'WaitingForRevision', message),
        waiting('Waiting', message),
        now,
      ),
      ...(isNew && { event: { type: 'Normal', reason: 'CandidateFound', message: `${candidate} is to follow ${stable}` } }),
      requeueAfterMs: left,
    }
  }
  return walk(
    view,
    { candidate, stable, steps, base, request },
    { index: isNew ? 0 : (before.stepIndex ?? 0), startedAt: started ? Date.parse(started) : now },
    now,
  )
}

interface Walk {
  candidate: string
  stable: string
  steps: RolloutStep[]
  base: RolloutStatus
  request: Rollout['spec']['request']
}

/** From step to step, as far as the time and the traffic in effect allow. */
function walk(
  view: RolloutView,
  { candidate, stable, steps, base, request }: Walk,
  from: Progress,
  now: number,
): RolloutDecision {
  const { rollout, service } = view
  const before = rollout.status ?? {}
  const isPaused = rollout.spec.paused
  const pausedAt = before.pausedAt ? Date.parse(before.pausedAt) : undefined
  let { index, startedAt } = from
  // The clock of the step stood still while the Rollout was paused.
  if (!isPaused && pausedAt !== undefined) startedAt += now - pausedAt
  if (request?.action === 'resume' && steps[index]?.pause) {
    index++
    startedAt = now
  }
  for (;;) {
    const step = steps[index]
    if (!step && !isPaused)
      return promote(view, candidate, 'Completed', `${candidate} went through all steps and has all requests`, now)
    const weight = weightAt(steps, Math.min(index, steps.length - 1))
    const traffic = splitTraffic(service!, stable, { revision: candidate, percent: weight })
    const inEffect = isInEffect(service!, traffic)
    const move: Advance =
      isPaused || !step
        ? { kind: 'hold', phase: 'Paused', message: `at ${weight} %, paused by spec.paused` }
        : advance(step, view, weight, now - startedAt, inEffect)
    if (move.kind === 'bad') return rollBack(view, candidate, stable, move.reason, move.why, now)
    if (move.kind === 'next') {
      index++
      startedAt = now
      continue
    }
    const status: RolloutStatus = {
      ...base,
      phase: move.phase,
      message: `${candidate}: ${move.message}`,
      stepIndex: index,
      step: `${Math.min(index + 1, steps.length)}/${steps.length}`,
      stepStartedAt: iso(startedAt),
      ...(isPaused && { pausedAt: iso(pausedAt ?? now) }),
      weight,
    }
    const began = before.candidateRevision !== candidate || before.weight !== weight
    const shifted = waiting(move.phase, status.message)
    return {
      ...change(service!, traffic),
      status: withConditions(view, status, yes(), shifted, now),
      ...(began && {
        event: { type: 'Normal', reason: 'WeightSet', message: `${candidate} gets ${weight} % of requests, ${stable} the rest` },
      }),
      requeueAfterMs: Math.min(move.afterMs ?? Number.POSITIVE_INFINITY, lookAgainMs),
    }
  }
}

export function desiredRollout(view: RolloutView, now: number): RolloutDecision {
  const { rollout, service, rival } = view
  const idle = (reason: string, message: string, verdict: Verdict): RolloutDecision => ({
    status: withConditions(
      view,
      { ...rollout.status, observedGeneration: rollout.metadata.generation ?? 0, phase: 'Pending', message },
      verdict,
      waiting(reason, message),
      now,
    ),
  })
  const name = rollout.spec.serviceRef.name
  if (rival) {
    const message = `Service "${name}" has a Rollout already: ${rival}; delete one of them`
    return idle('ServiceTaken', message, no('ServiceTaken', message))
  }
  if (!service || service.metadata.deletionTimestamp)
    return idle(
      'ServiceNotFound',
      `there is no Service "${name}" yet`,
      waiting('ServiceNotFound', `there is no Service "${name}" yet`),
    )
  const candidate = targetOf(service)
  // A first release that is under way has nothing before it, also when a newer one takes its place.
  const before = rollout.status ?? {}
  const stable = before.stableRevision ?? (before.candidateRevision ? undefined : stableOf(service, candidate))
  if (!stable) {
    if (!candidate) return idle('NoRevision', `Service "${name}" has no revision yet`, waiting('NoRevision', ''))
    return firstRelease(view, candidate, now)
  }
  const isRetry = requestOf(view, candidate)?.action === 'retry'
  if (!candidate || candidate === stable || (candidate === rollout.status?.rejectedRevision && !isRetry))
    return rest(view, stable, candidate, now)
  return progress(view, candidate, stable, now)
}

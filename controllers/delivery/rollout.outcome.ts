/** What a Rollout is told and decides, and the ends that a candidate can come to: promoted, rolled back, nothing under way. Pure. */
import { conditionOf, conditionSet, no, type Verdict, waiting, yes } from '@slipway/core/api'
import type { Rollout, RolloutStatus } from '@slipway/core/api/delivery'
import type { Revision, Service, TrafficTarget } from '@slipway/core/api/serving'
import type { RevisionFigures } from '@slipway/core/plugin'
import { sameTraffic, splitTraffic } from './rollout.traffic.ts'

export interface RolloutView {
  rollout: Rollout
  service: Service | undefined
  /** The Service's newest revision, once it exists. */
  candidate: Revision | undefined
  /** Of the candidate, over a window; undefined where nothing is known. */
  figures: ((windowMs: number) => RevisionFigures | undefined) | undefined
  /** Another Rollout of the same Service that is older. */
  rival?: string
}
export interface RolloutDecision {
  /** What the Service's traffic should be; absent when it is so, or must be left alone. */
  traffic?: TrafficTarget[]
  status: RolloutStatus
  event?: { type: 'Normal' | 'Warning'; reason: string; message: string }
  requeueAfterMs?: number
}

const conditions = conditionSet('Ready', ['CandidateHealthy', 'TrafficShifted'])
export const lookAgainMs = 5000
const historyLength = 10
export const iso = (ms: number) => new Date(ms).toISOString()

type History = NonNullable<RolloutStatus['history']>[number]
type Outcome = Pick<History, 'outcome' | 'reason' | 'message'>

/** Everything of a status but what a candidate's progress adds. */
export function settled({ rollout }: RolloutView, now: number, ended?: { revision: string } & Outcome): RolloutStatus {
  const before = rollout.status ?? {}
  const history = ended ? [{ ...ended, finishedAt: iso(now) }, ...(before.history ?? [])].slice(0, historyLength) : before.history
  const handled = rollout.spec.request?.id ?? before.handledRequest
  return {
    observedGeneration: rollout.metadata.generation ?? 0,
    ...(before.stableRevision && { stableRevision: before.stableRevision }),
    ...(before.rejectedRevision && { rejectedRevision: before.rejectedRevision }),
    ...(handled && { handledRequest: handled }),
    ...(history?.length && { history }),
  }
}

export const withConditions = (
  view: RolloutView,
  status: RolloutStatus,
  healthy: Verdict,
  shifted: Verdict,
  now: number,
): RolloutStatus => ({
  ...status,
  conditions: conditions.next(view.rollout.status?.conditions, { CandidateHealthy: healthy, TrafficShifted: shifted }, now),
})

/** The traffic, if the Service has another one. */
export const change = (service: Service, traffic: TrafficTarget[]) =>
  sameTraffic(service.spec.traffic, traffic) ? {} : { traffic }

/** The request that has not been carried out yet and is about this candidate. */
export function requestOf({ rollout }: RolloutView, candidate: string | undefined) {
  const { request } = rollout.spec
  if (!request || request.id === rollout.status?.handledRequest) return undefined
  return request.revision === undefined || request.revision === candidate ? request : undefined
}

/** The end of a good candidate: it is the stable revision now. */
export function promote(view: RolloutView, candidate: string, reason: string, message: string, now: number): RolloutDecision {
  const { rejectedRevision: _, ...rest } = settled(view, now, { revision: candidate, outcome: 'Promoted', reason, message })
  const status: RolloutStatus = { ...rest, phase: 'Healthy', message, stableRevision: candidate, weight: 100 }
  return {
    ...change(view.service!, splitTraffic(view.service!, candidate)),
    status: withConditions(view, status, yes(), yes(), now),
    event: { type: 'Normal', reason: 'Promoted', message },
  }
}

/** The end of a bad one: the stable revision gets everything back. */
export function rollBack(
  view: RolloutView,
  candidate: string,
  stable: string,
  reason: string,
  why: string,
  now: number,
): RolloutDecision {
  const message = `${candidate} was rolled back, ${stable} has all requests: ${why}`
  const status: RolloutStatus = {
    ...settled(view, now, { revision: candidate, outcome: 'RolledBack', reason, message: why }),
    phase: 'Degraded',
    message,
    stableRevision: stable,
    rejectedRevision: candidate,
    weight: 0,
  }
  return {
    ...change(view.service!, splitTraffic(view.service!, stable)),
    status: withConditions(view, status, no(reason, message), yes(), now),
    event: { type: 'Warning', reason: 'RolledBack', message },
  }
}

/** A Service whose first revision is on its way: nothing to compare with, it gets all requests. */
export function firstRelease(view: RolloutView, candidate: string, now: number): RolloutDecision {
  const ready = conditionOf(view.candidate?.status?.conditions, 'Ready')
  if (ready?.status === 'True')
    return promote(view, candidate, 'FirstRelease', `${candidate} is the first release and has all requests`, now)
  const failed = ready?.status === 'False'
  const message = failed
    ? `the first release ${candidate} is not Ready: ${ready.message ?? ready.reason}`
    : `waiting for the first release ${candidate}`
  const healthy = failed ? no(ready.reason ?? 'NotReady', message) : waiting('WaitingForRevision', message)
  const status: RolloutStatus = {
    ...settled(view, now),
    phase: failed ? 'Degraded' : 'Progressing',
    message,
    candidateRevision: candidate,
    weight: 100,
  }
  return {
    ...change(view.service!, splitTraffic(view.service!, candidate)),
    status: withConditions(view, status, healthy, waiting(), now),
  }
}

/** Nothing is under way: the stable revision has, or gets, all requests. */
export function rest(view: RolloutView, stable: string, candidate: string | undefined, now: number): RolloutDecision {
  const { rollout, service } = view
  const before = rollout.status ?? {}
  const isRejected = candidate !== undefined && candidate !== stable && candidate === before.rejectedRevision
  const replaced = before.candidateRevision
  const base = settled(
    view,
    now,
    replaced && replaced !== stable ? { revision: replaced, outcome: 'Replaced', reason: 'Withdrawn' } : undefined,
  )
  const message = isRejected ? (before.message ?? `${candidate} was rolled back`) : `${stable} has all requests`
  const reason = conditionOf(before.conditions, 'CandidateHealthy')?.reason ?? 'RolledBack'
  const status: RolloutStatus = {
    ...base,
    phase: isRejected ? 'Degraded' : 'Healthy',
    message,
    stableRevision: stable,
    weight: isRejected ? 0 : 100,
  }
  if (!isRejected) delete status.rejectedRevision
  return {
    ...change(service!, splitTraffic(service!, stable)),
    status: withConditions(view, status, isRejected ? no(reason, message) : yes(), yes(), now),
  }
}

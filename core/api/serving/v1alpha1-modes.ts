/**
 * The modes of a v1alpha1 Service as v1 traffic, and back. `release` gives the tags (hosts) current, candidate and latest.
 * Source: knative/serving docs/spec/spec.md of v0.2, pkg/reconciler/v1alpha1/service/resources/route.go
 */
import type { TrafficTarget } from './traffic.ts'

/** In `release.revisions`: whatever revision is the latest ready one. */
export const latestMark = '@latest'

export type Mode =
  | { kind: 'runLatest' }
  | { kind: 'pinned'; revisionName: string }
  | { kind: 'release'; revisions: string[]; rolloutPercent?: number }

const target = (name: string, tag: string, percent: number): TrafficTarget =>
  name === latestMark ? { tag, latestRevision: true, percent } : { tag, revisionName: name, latestRevision: false, percent }

export interface Modes {
  release?: { revisions: string[]; rolloutPercent?: number | undefined } | undefined
  pinned?: { revisionName: string } | undefined
}

export function trafficOfMode({ release, pinned }: Modes): TrafficTarget[] {
  if (pinned) return [{ revisionName: pinned.revisionName, latestRevision: false, percent: 100 }]
  if (!release) return [{ latestRevision: true, percent: 100 }]
  const [current, candidate] = release.revisions as [string, string?]
  const percent = candidate ? (release.rolloutPercent ?? 0) : 0
  return [
    target(current, 'current', 100 - percent),
    ...(candidate ? [target(candidate, 'candidate', percent)] : []),
    target(latestMark, 'latest', 0),
  ]
}

const nameOf = ({ revisionName }: TrafficTarget) => revisionName ?? latestMark

/** The mode that this traffic is, or undefined where v1alpha1 had none for it. */
export function modeFromTraffic(traffic: TrafficTarget[] = []): Mode | undefined {
  const [first, ...others] = traffic
  if (!first || (!others.length && !first.tag && first.latestRevision)) return { kind: 'runLatest' }
  if (!others.length && !first.tag && first.revisionName) return { kind: 'pinned', revisionName: first.revisionName }
  const byTag = (tag: string) => traffic.find(t => t.tag === tag)
  const current = byTag('current')
  const candidate = byTag('candidate')
  const expected = ['current', ...(candidate ? ['candidate'] : []), 'latest']
  if (!current || traffic.length !== expected.length || !expected.every(byTag)) return undefined
  if (!candidate) return { kind: 'release', revisions: [nameOf(current)] }
  return { kind: 'release', revisions: [nameOf(current), nameOf(candidate)], rolloutPercent: candidate.percent ?? 0 }
}

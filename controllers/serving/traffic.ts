/** From what a Route says to the revisions that it means. Pure. Source: knative.dev/serving pkg/reconciler/route/traffic/traffic.go */
import { conditionOf, no, type Verdict, waiting } from '@slipway/core/api'
import type { Configuration, Revision, TrafficTarget } from '@slipway/core/api/serving'

export interface ResolvedTarget {
  tag?: string
  revisionName: string
  percent: number
  latestRevision: boolean
}
export type Resolution = { targets: ResolvedTarget[] } | { verdict: Verdict }

export interface Found {
  configuration(name: string): Configuration | undefined
  revision(name: string): Revision | undefined
}

const isReady = (object: { status?: { conditions?: Parameters<typeof conditionOf>[0] } } | undefined) =>
  conditionOf(object?.status?.conditions, 'Ready')?.status === 'True'
const isFailed = (object: { status?: { conditions?: Parameters<typeof conditionOf>[0] } } | undefined) =>
  conditionOf(object?.status?.conditions, 'Ready')?.status === 'False'

function resolveOne(target: TrafficTarget, found: Found): { revisionName: string } | { verdict: Verdict } {
  if (target.revisionName) {
    const revision = found.revision(target.revisionName)
    if (!revision) return { verdict: no('RevisionMissing', `Revision "${target.revisionName}" referenced in traffic not found.`) }
    if (isReady(revision)) return { revisionName: target.revisionName }
    if (isFailed(revision)) return { verdict: no('RevisionMissing', `Revision "${target.revisionName}" failed to become ready.`) }
    return { verdict: waiting('RevisionMissing', `Revision "${target.revisionName}" is not yet ready.`) }
  }
  const name = target.configurationName ?? ''
  const configuration = found.configuration(name)
  if (!configuration) return { verdict: no('ConfigurationMissing', `Configuration "${name}" referenced in traffic not found.`) }
  const latest = configuration.status?.latestReadyRevisionName
  if (latest && found.revision(latest)) return { revisionName: latest }
  if (isFailed(configuration))
    return { verdict: no('RevisionMissing', `Configuration "${name}" does not have any ready Revision.`) }
  return { verdict: waiting('RevisionMissing', `Configuration "${name}" is waiting for a Revision to become ready.`) }
}

export function resolveTraffic(traffic: TrafficTarget[] | undefined, found: Found): Resolution {
  const targets: ResolvedTarget[] = []
  for (const target of traffic ?? []) {
    const resolved = resolveOne(target, found)
    if ('verdict' in resolved) return resolved
    targets.push({
      ...(target.tag && { tag: target.tag }),
      ...resolved,
      percent: target.percent ?? 0,
      latestRevision: target.latestRevision ?? !target.revisionName,
    })
  }
  return { targets }
}

/** The shares of a host, each revision once, nothing of zero. */
export function sharesOf(targets: ResolvedTarget[]): { revisionName: string; percent: number }[] {
  const shares = new Map<string, number>()
  for (const { revisionName, percent } of targets)
    if (percent > 0) shares.set(revisionName, (shares.get(revisionName) ?? 0) + percent)
  return [...shares].map(([revisionName, percent]) => ({ revisionName, percent }))
}

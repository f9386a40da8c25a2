/** A Service's traffic under a Rollout: who is stable, who is the candidate, and has a split taken effect? Pure. */
import type { Service, TrafficTarget } from '@slipway/core/api/serving'
import { deliveryAnnotations } from '@slipway/core/delivery'

/** The tag of the candidate, which gives it a host of its own: candidate-hello.demo.localhost. */
export const candidateTag = 'candidate'

/** The revision that the Service's template stands for: its own name, else the newest that was made for this very spec. */
export function targetOf({ spec, status, metadata }: Service): string | undefined {
  if (spec.template.metadata?.name) return spec.template.metadata.name
  return status?.observedGeneration === metadata.generation ? status?.latestCreatedRevisionName : undefined
}

/** The revision that has most requests now, of a Service that its Rollout has not looked at before; never the candidate alone. */
export function stableOf({ spec, status }: Service, candidate: string | undefined): string | undefined {
  const most = (targets: TrafficTarget[] = []) =>
    targets.filter(t => t.revisionName && t.percent && t.revisionName !== candidate).sort((a, b) => b.percent! - a.percent!)[0]
      ?.revisionName
  return most(spec.traffic) ?? most(status?.traffic)
}

/** The first weight that a push asked for: the annotation says `REVISION=PERCENT`. */
export function canaryOf({ metadata }: Service, candidate: string): number | undefined {
  const [revision, percent] = (metadata.annotations?.[deliveryAnnotations.canary] ?? '').split('=')
  const asked = Number(percent)
  return revision === candidate && Number.isInteger(asked) && asked >= 0 && asked <= 100 ? asked : undefined
}

/** Percentages of stable and candidate; targets that only carry somebody's tag stay. */
export function splitTraffic(
  { spec }: Service,
  stable: string,
  candidate?: { revision: string; percent: number },
): TrafficTarget[] {
  const tagged = (spec.traffic ?? []).filter(t => t.tag && t.tag !== candidateTag && !t.percent)
  const percent = candidate?.percent ?? 0
  return [
    { revisionName: stable, latestRevision: false, percent: 100 - percent },
    ...(candidate ? [{ revisionName: candidate.revision, latestRevision: false, percent, tag: candidateTag }] : []),
    ...tagged,
  ]
}

const said = (targets: TrafficTarget[] | undefined, withTags: boolean): string =>
  JSON.stringify(
    (targets ?? [])
      .map(({ revisionName = '', latestRevision = !revisionName, percent = 0, tag = '' }) => [
        revisionName,
        latestRevision,
        percent,
        withTags ? tag : '',
      ])
      .filter(([, , percent, tag]) => percent || tag)
      .sort((a, b) => String(a).localeCompare(String(b))),
  )
export const sameTraffic = (a: TrafficTarget[] | undefined, b: TrafficTarget[]): boolean => said(a, true) === said(b, true)

/** Does the Service say that requests are shared so, and that it has seen its newest spec? */
export function isInEffect({ spec, status, metadata }: Service, traffic: TrafficTarget[]): boolean {
  if (!sameTraffic(spec.traffic, traffic) || status?.observedGeneration !== metadata.generation) return false
  const routed = status?.conditions?.find(c => c.type === 'RoutesReady')
  return routed?.status === 'True' && said(status?.traffic, false) === said(traffic, false)
}

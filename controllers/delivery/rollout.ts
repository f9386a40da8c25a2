/** Carries out what `desiredRollout` decides: traffic first, then the status that speaks of it. */
import { isStatus, parseDuration } from '@slipway/core/api'
import { Rollout } from '@slipway/core/api/delivery'
import { Revision, Service } from '@slipway/core/api/serving'
import type { RevisionFigures, RevisionMetrics } from '@slipway/core/plugin'
import { type Reader, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import { desiredRollout } from './rollout.desired.ts'
import { defaultGuard } from './rollout.steps.ts'
import { targetOf } from './rollout.traffic.ts'

const fieldManager = 'rollout-controller'

/** Of several Rollouts of one Service the oldest acts. */
export function rivalOf(rollout: Rollout, all: Rollout[]): string | undefined {
  const age = ({ metadata: { creationTimestamp = '', name } }: Rollout) => `${creationTimestamp} ${name}`
  const same = all.filter(
    other => other.spec.serviceRef.name === rollout.spec.serviceRef.name && !other.metadata.deletionTimestamp,
  )
  const oldest = same.sort((a, b) => age(a).localeCompare(age(b)))[0]
  return oldest && oldest.metadata.uid !== rollout.metadata.uid ? oldest.metadata.name : undefined
}

/** Every window that the Rollout judges by. */
const windowsOf = ({ spec: { guard, steps } }: Rollout): number[] => [
  ...new Set([(guard ?? defaultGuard).window, ...steps.flatMap(s => (s.analysis ? [s.analysis.window] : []))].map(parseDuration)),
]

async function figuresOf(rollout: Rollout, candidate: string, metrics: RevisionMetrics) {
  const known = new Map<number, RevisionFigures | undefined>()
  for (const windowMs of windowsOf(rollout))
    known.set(windowMs, await metrics.figures(rollout.metadata.namespace!, candidate, windowMs).catch(() => undefined))
  return (windowMs: number) => known.get(windowMs)
}

const keysOfService = (namespace: string | undefined, service: string | undefined, read: Reader): string[] =>
  read
    .list(Rollout, namespace)
    .filter(rollout => rollout.spec.serviceRef.name === service)
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)

export const rolloutReconciler = (metrics?: RevisionMetrics): Reconciler<Rollout> => ({
  name: fieldManager,
  kind: Rollout,
  watches: [
    watch(Service, ({ metadata }, read) => keysOfService(metadata.namespace, metadata.name, read)),
    watch(Revision, ({ metadata }, read) =>
      keysOfService(metadata.namespace, metadata.labels?.['serving.knative.dev/service'], read),
    ),
    watch(Rollout, ({ metadata, spec }, read) => keysOfService(metadata.namespace, spec.serviceRef.name, read)),
  ],
  async reconcile(rollout, { read, api, now, event }) {
    if (!rollout || rollout.metadata.deletionTimestamp) return undefined
    const { namespace } = rollout.metadata
    const service = read.get(Service, namespace, rollout.spec.serviceRef.name)
    const name = service && targetOf(service)
    const candidate = name ? read.get(Revision, namespace, name) : undefined
    const rival = rivalOf(rollout, read.list(Rollout, namespace))
    const figures =
      metrics && name && name !== rollout.status?.stableRevision ? await figuresOf(rollout, name, metrics) : undefined
    const decision = desiredRollout({ rollout, service, candidate, figures, ...(rival && { rival }) }, now)
    if (decision.traffic && service) {
      // Only the Service that was seen: its template and its traffic belong together.
      const { resourceVersion } = service.metadata
      const patch = { metadata: { resourceVersion }, spec: { traffic: decision.traffic } }
      await api.patch(Service, service.metadata, 'merge', patch, { fieldManager })
    }
    if (!sameJson(rollout.status ?? {}, decision.status)) {
      try {
        await api.updateStatus(Rollout, { ...rollout, status: decision.status }, { fieldManager })
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error
      }
      if (decision.event) event(rollout, decision.event.type, decision.event.reason, decision.event.message)
    }
    return decision.requeueAfterMs !== undefined && Number.isFinite(decision.requeueAfterMs)
      ? { requeueAfterMs: decision.requeueAfterMs }
      : undefined
  },
})

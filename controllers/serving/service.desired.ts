/** A Service is its Configuration and its Route. Source: knative.dev/serving pkg/reconciler/service */
import { type Condition, conditionOf, conditionSet, objectOf, type Verdict, waiting, yes } from '@slipway/core/api'
import { annotations, Configuration, labels, Route, type Service } from '@slipway/core/api/serving'
import type { Desired } from '@slipway/core/runtime'

export interface ServiceView {
  service: Service
  configuration: Configuration | undefined
  route: Route | undefined
}

const conditions = conditionSet('Ready', ['ConfigurationsReady', 'RoutesReady'])
/** Annotations about the object itself, not about what it becomes. */
const own = new Set<string>(['kubectl.kubernetes.io/last-applied-configuration', 'slipway.dev/applied'])
const carried = (given: Record<string, string> = {}) => Object.fromEntries(Object.entries(given).filter(([key]) => !own.has(key)))

const childMeta = ({ metadata }: Service) => ({
  name: metadata.name,
  namespace: metadata.namespace!,
  labels: { ...metadata.labels, [labels.service]: metadata.name, [labels.serviceUid]: metadata.uid! },
  annotations: carried(metadata.annotations),
})

export function configurationOf(service: Service): Configuration {
  const { template, build } = service.spec
  const { annotations: all, ...meta } = childMeta(service)
  const { [annotations.rolloutDuration]: _, ...rest } = all
  return objectOf(Configuration, { metadata: { ...meta, annotations: rest }, spec: { template, ...(build && { build }) } })
}

export function routeOf(service: Service): Route {
  const traffic = (service.spec.traffic ?? []).map(({ latestRevision, revisionName, ...target }) =>
    revisionName
      ? { ...target, revisionName, latestRevision: false }
      : { ...target, configurationName: service.metadata.name, latestRevision: latestRevision ?? true },
  )
  return objectOf(Route, { metadata: childMeta(service), spec: { traffic } })
}

/** A child's Ready as a part of the parent's; Unknown until the child has seen its newest spec. */
function mirrored(
  child:
    | {
        metadata: { generation?: number }
        status?: { observedGeneration?: number | undefined; conditions?: Condition[] | undefined }
      }
    | undefined,
): Verdict {
  const ready = conditionOf(child?.status?.conditions, 'Ready')
  if (!child || !ready || child.status?.observedGeneration !== child.metadata.generation) return waiting()
  if (ready.status === 'True') return yes()
  return { status: ready.status, ...(ready.reason && { reason: ready.reason }), ...(ready.message && { message: ready.message }) }
}

/** The route serves what it is told to only once it has seen the configuration's newest ready revision. */
function routeVerdict({ configuration, route }: ServiceView): Verdict {
  const verdict = mirrored(route)
  if (verdict.status !== 'True' || !configuration) return verdict
  const newest = configuration.status?.latestReadyRevisionName
  const stale = route?.status?.traffic?.some(t => t.latestRevision && t.revisionName !== newest)
  return stale ? waiting('TrafficNotMigrated', 'Traffic is not yet migrated to the latest revision.') : verdict
}

export function desiredService(view: ServiceView, now: number): Desired<Service> {
  const { service, configuration, route } = view
  const { latestCreatedRevisionName, latestReadyRevisionName } = configuration?.status ?? {}
  const { url, address, traffic } = route?.status ?? {}
  return {
    children: [configurationOf(service), routeOf(service)],
    status: {
      observedGeneration: service.metadata.generation!,
      conditions: conditions.next(
        service.status?.conditions,
        { ConfigurationsReady: mirrored(configuration), RoutesReady: routeVerdict(view) },
        now,
      ),
      ...(latestCreatedRevisionName && { latestCreatedRevisionName }),
      ...(latestReadyRevisionName && { latestReadyRevisionName }),
      ...(url && { url }),
      ...(address && { address }),
      ...(traffic && { traffic }),
    },
  }
}

/** A Route is an Ingress, once the revisions that it names are ready. Source: knative.dev/serving pkg/reconciler/route */
import { conditionOf, conditionSet, type Verdict, waiting, yes } from '@slipway/core/api'
import type { Ingress, Route } from '@slipway/core/api/serving'
import { type Desired, sameJson } from '@slipway/core/runtime'
import type { ServingConfig } from './config.ts'
import { localUrl, publicHost, tagHosts, urlOf } from './names.ts'
import { ingressOf, isClusterLocal } from './route.ingress.ts'
import { type Found, type ResolvedTarget, resolveTraffic } from './traffic.ts'

export interface RouteView {
  route: Route
  found: Found
  ingress: Ingress | undefined
  config: ServingConfig
}

const conditions = conditionSet('Ready', ['AllTrafficAssigned', 'IngressReady'])

function ingressVerdict(wanted: Ingress | undefined, ingress: Ingress | undefined): Verdict {
  const ready = conditionOf(ingress?.status?.conditions, 'Ready')
  const isSeen = ingress?.status?.observedGeneration === ingress?.metadata.generation
  const isCurrent = wanted && ingress && sameJson(ingress.spec, { ...ingress.spec, rules: wanted.spec.rules })
  if (!ingress || !isCurrent || !isSeen || !ready) return waiting('IngressNotConfigured', 'Ingress has not yet been reconciled.')
  if (ready.status === 'True') return yes()
  return { status: ready.status, ...(ready.reason && { reason: ready.reason }), ...(ready.message && { message: ready.message }) }
}

/** What is said of each target, with the URL that its tag gives it. */
function trafficStatus(targets: ResolvedTarget[], { route, config }: RouteView) {
  const hostOf = (tag: string) =>
    isClusterLocal(route)
      ? localUrl(route, config).replace('http://', `http://${tag}-`)
      : urlOf(tagHosts(tag, publicHost(route, config))[0]!, config)
  return targets.map(({ tag, revisionName, percent, latestRevision }) => ({
    ...(tag && { tag }),
    revisionName,
    latestRevision,
    percent,
    ...(tag && { url: hostOf(tag) }),
  }))
}

export function desiredRoute(view: RouteView, now: number): Desired<Route> {
  const { route, found, ingress, config } = view
  const resolution = resolveTraffic(route.spec.traffic, found)
  const targets = 'targets' in resolution ? resolution.targets : undefined
  const wanted = targets && ingressOf(route, targets, config)
  const traffic = targets ? trafficStatus(targets, view) : route.status?.traffic
  return {
    // While a target is missing the Ingress stays as it was: what serves goes on serving.
    children: wanted ? [wanted] : [],
    status: {
      observedGeneration: route.metadata.generation!,
      conditions: conditions.next(
        route.status?.conditions,
        {
          AllTrafficAssigned: 'verdict' in resolution ? resolution.verdict : yes(),
          IngressReady: targets ? ingressVerdict(wanted, ingress) : keep(route),
        },
        now,
      ),
      url: isClusterLocal(route) ? localUrl(route, config) : urlOf(publicHost(route, config), config),
      address: { url: localUrl(route, config) },
      ...(traffic && { traffic }),
    },
  }
}

const keep = (route: Route): Verdict => {
  const before = conditionOf(route.status?.conditions, 'IngressReady')
  return before
    ? {
        status: before.status,
        ...(before.reason && { reason: before.reason }),
        ...(before.message && { message: before.message }),
      }
    : waiting()
}

/**
 * Marks each Revision as active or in reserve by whether a Route sends to it, so that the autoscaler keeps no pods for those in reserve.
 * Source: knative.dev/serving pkg/reconciler/labeler
 */

import { annotations, labels, Revision, Route } from '@slipway/core/api/serving'
import { rfc3339 } from '@slipway/core/observe'
import { type Reader, type Reconciler, watch } from '@slipway/core/runtime'

const namedBy = (route: Route) =>
  [...(route.status?.traffic ?? []), ...(route.spec.traffic ?? [])].flatMap(t => (t.revisionName ? [t.revisionName] : []))

/** The names of the routes that send to this revision, sorted. */
export const routesTo = (revision: Revision, read: Reader): string[] =>
  read
    .list(Route, revision.metadata.namespace)
    .filter(route => !route.metadata.deletionTimestamp && namedBy(route).includes(revision.metadata.name))
    .map(route => route.metadata.name)
    .sort()

/** The metadata that a revision should have, or undefined where it has it. Pure. */
export function routingPatch(revision: Revision, routes: string[], now: number) {
  const { labels: own = {}, annotations: given = {} } = revision.metadata
  const before = own[labels.routingState]
  // A revision that was never routed stays pending: it may be about to be.
  const state = routes.length ? 'active' : before === 'pending' || before === undefined ? 'pending' : 'reserve'
  const list = routes.join(',')
  if (before === state && (given[annotations.routes] ?? '') === list) return undefined
  return {
    metadata: {
      labels: { [labels.routingState]: state },
      annotations: {
        [annotations.routes]: list || null,
        ...(before !== state && { [annotations.routingStateModified]: rfc3339(now) }),
      },
    },
  }
}

export const routingStateReconciler: Reconciler<Revision> = {
  name: 'labeler',
  kind: Revision,
  watches: [watch(Route, route => namedBy(route).map(name => `${route.metadata.namespace}/${name}`))],
  async reconcile(revision, { read, api, now }) {
    if (!revision || revision.metadata.deletionTimestamp) return undefined
    const patch = routingPatch(revision, routesTo(revision, read), now)
    if (patch) await api.patch(Revision, revision.metadata, 'merge', patch, { fieldManager: 'labeler' })
    return undefined
  },
}

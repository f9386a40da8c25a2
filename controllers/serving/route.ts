import { Configuration, Ingress, Revision, Route } from '@slipway/core/api/serving'
import { type Reader, type Reconciler, reconciler, watch } from '@slipway/core/runtime'
import type { ServingConfig } from './config.ts'
import { desiredRoute, type RouteView } from './route.desired.ts'

const keysOfRoutes = (read: Reader, namespace: string | undefined, concerns: (route: Route) => boolean) =>
  read
    .list(Route, namespace)
    .filter(concerns)
    .map(route => `${namespace}/${route.metadata.name}`)

export function routeReconciler(config: ServingConfig): Reconciler<Route> {
  return reconciler<Route, RouteView>({
    name: 'route-controller',
    kind: Route,
    owns: [Ingress],
    watches: [
      watch(Configuration, ({ metadata: { namespace, name } }, read) =>
        keysOfRoutes(read, namespace, route => route.spec.traffic?.some(t => t.configurationName === name) ?? false),
      ),
      watch(Revision, ({ metadata: { namespace, name } }, read) =>
        keysOfRoutes(read, namespace, route => route.spec.traffic?.some(t => t.revisionName === name) ?? false),
      ),
    ],
    observe: (route, read) => {
      const { namespace, name } = route.metadata
      return {
        route,
        config,
        ingress: read.get(Ingress, namespace, name),
        found: {
          configuration: wanted => read.get(Configuration, namespace, wanted),
          revision: wanted => read.get(Revision, namespace, wanted),
        },
      }
    },
    desired: desiredRoute,
  })
}

/** The Ingress of a Route. Source: knative.dev/serving pkg/reconciler/route/resources/ingress.go */
import { objectOf } from '@slipway/core/api'
import { annotations, Ingress, type IngressRule, type IngressSplit, labels, type Route } from '@slipway/core/api/serving'
import type { ServingConfig } from './config.ts'
import { localHosts, publicHost, tagHosts } from './names.ts'
import { type ResolvedTarget, sharesOf } from './traffic.ts'

/** The request header that picks a tag. */
export const tagHeader = 'Knative-Serving-Tag'
export const isClusterLocal = (route: Route) => route.metadata.labels?.[labels.visibility] === 'cluster-local'

const splitTo = (namespace: string, revisionName: string, percent: number): IngressSplit => ({
  serviceNamespace: namespace,
  serviceName: revisionName,
  servicePort: 80,
  percent,
  appendHeaders: { 'Knative-Serving-Namespace': namespace, 'Knative-Serving-Revision': revisionName },
})

type Path = IngressRule['http']['paths'][number]

const mainPaths = (targets: ResolvedTarget[], namespace: string): Path[] => [
  ...targets.flatMap(({ tag, revisionName }): Path[] =>
    tag ? [{ headers: { [tagHeader]: { exact: tag } }, splits: [splitTo(namespace, revisionName, 100)] }] : [],
  ),
  { splits: sharesOf(targets).map(({ revisionName, percent }) => splitTo(namespace, revisionName, percent)) },
]

export function ingressOf(route: Route, targets: ResolvedTarget[], config: ServingConfig): Ingress {
  const { name, namespace = '', annotations: given = {}, labels: own = {} } = route.metadata
  const hosts = { ClusterLocal: localHosts(route, config), ExternalIP: isClusterLocal(route) ? [] : [publicHost(route, config)] }
  const rulesFor = (derive: (host: string) => string[], paths: Path[]): IngressRule[] =>
    (['ExternalIP', 'ClusterLocal'] as const)
      .filter(visibility => hosts[visibility].length)
      .map(visibility => ({ hosts: hosts[visibility].flatMap(derive), visibility, http: { paths } }))
  const tagged = targets.filter(target => target.tag)
  const ingressClass = given[annotations.ingressClass]
  return objectOf(Ingress, {
    metadata: {
      name,
      namespace,
      labels: { ...own, [labels.route]: name, [labels.routeNamespace]: namespace },
      annotations: { ...(ingressClass && { [annotations.ingressClass]: ingressClass }) },
    },
    spec: {
      httpOption: 'Enabled',
      rules: [
        ...rulesFor(host => [host], mainPaths(targets, namespace)),
        ...tagged.flatMap(({ tag, revisionName }) =>
          rulesFor(host => tagHosts(tag!, host), [{ splits: [splitTo(namespace, revisionName, 100)] }]),
        ),
      ],
    },
  })
}

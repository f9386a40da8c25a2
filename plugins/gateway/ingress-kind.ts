/** The Ingress resource for the client, without its schema: the data plane's process stays small. */
import type { ResourceKind } from '@slipway/core/api'
import type { Ingress } from '@slipway/core/api/serving'

export const ingressKind: ResourceKind<Ingress> = {
  group: 'networking.internal.knative.dev',
  version: 'v1alpha1',
  kind: 'Ingress',
  resource: 'ingresses',
  namespaced: true,
}

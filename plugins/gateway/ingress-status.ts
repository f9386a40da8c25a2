/** What an Ingress's status says once its routes are live. Source: knative.dev/networking pkg/apis/networking/v1alpha1/ingress_lifecycle.go */
import { conditionSet, no, yes } from '@slipway/core/api'
import type { Ingress } from '@slipway/core/api/serving'

const conditions = conditionSet('Ready', ['NetworkConfigured', 'LoadBalancerReady'])

export interface IngressView {
  ingress: Ingress
  conflict: { host: string; holder: string } | undefined
  /** Names by which the cluster reaches the gateway. */
  external: string
  internal: string
}

export function ingressStatus(
  { ingress, conflict, external, internal }: IngressView,
  now: number,
): NonNullable<Ingress['status']> {
  return {
    observedGeneration: ingress.metadata.generation ?? 0,
    conditions: conditions.next(
      ingress.status?.conditions,
      {
        NetworkConfigured: conflict
          ? no('HostConflict', `host ${conflict.host} belongs to Ingress ${conflict.holder}, which is older; use another name`)
          : yes(),
        LoadBalancerReady: yes(),
      },
      now,
    ),
    publicLoadBalancer: { ingress: [{ domainInternal: external }] },
    privateLoadBalancer: { ingress: [{ domainInternal: internal }] },
  }
}

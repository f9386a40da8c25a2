/** Objects for the tests of this folder; a row says only what it is about. */
import type { Condition } from '@slipway/core/api'
import { objectOf } from '@slipway/core/api'
import { Configuration, Ingress, labels, Revision, Route, Service } from '@slipway/core/api/serving'
import type { ServingConfig } from './config.ts'

export const config: ServingConfig = {
  domain: 'example.com',
  clusterDomain: 'cluster.local',
  externalPort: 80,
  externalScheme: 'http',
  progressDeadline: '600s',
  drainSeconds: 30,
  initialScale: 1,
}
export const now = Date.parse('2026-01-01T00:00:00Z')
export const ready = (status: Condition['status'], reason?: string, message?: string): Condition[] => [
  { type: 'Ready', status, ...(reason && { reason }), ...(message && { message }), lastTransitionTime: '2026-01-01T00:00:00Z' },
]
const meta = (name: string, generation = 1) => ({ name, namespace: 'demo', uid: `uid-${name}`, generation })

export const service = (spec: Partial<Service['spec']> = {}): Service =>
  objectOf(Service, {
    metadata: meta('hello'),
    spec: { template: { spec: { containers: [{ name: 'user-container', image: 'app:1' }] } }, ...spec },
  } as never)

export const configuration = (generation = 1, more: Partial<Configuration> = {}): Configuration =>
  objectOf(Configuration, {
    metadata: meta('hello', generation),
    spec: { template: { spec: { containers: [{ name: 'user-container', image: 'app:1' }] } } },
    ...more,
  } as never)

export const revision = (name: string, generation: number, conditions: Condition[] = []): Revision =>
  objectOf(Revision, {
    metadata: {
      ...meta(name),
      labels: {
        [labels.configuration]: 'hello',
        [labels.configurationGeneration]: String(generation),
        [labels.service]: 'hello',
      },
      ownerReferences: [
        { apiVersion: 'serving.knative.dev/v1', kind: 'Configuration', name: 'hello', uid: 'uid-hello', controller: true },
      ],
    },
    spec: { containers: [{ name: 'user-container', image: 'app:1' }] },
    status: { conditions },
  } as never)

export const route = (traffic: Route['spec']['traffic'], more: Partial<Route> = {}): Route =>
  objectOf(Route, { metadata: meta('hello'), spec: { traffic }, ...more } as never)

export const readyIngress = (spec: Ingress['spec']): Ingress =>
  objectOf(Ingress, { metadata: meta('hello'), spec, status: { observedGeneration: 1, conditions: ready('True') } } as never)

/** Type to `status reason`, for short expectations. */
export const shortly = (conditions: unknown): Record<string, string> =>
  Object.fromEntries(
    ((conditions as Condition[] | undefined) ?? []).map(c => [c.type, c.reason ? `${c.status} ${c.reason}` : c.status]),
  )

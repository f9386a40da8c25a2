/** A host and the shares of its requests that Revisions get. Source: knative.dev/serving pkg/apis/serving/v1/route_types.go */
import { conditionsSchema } from '../conditions.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { s } from '../schema.ts'
import { servingGroup } from './group.ts'
import { trafficErrors, trafficTarget } from './traffic.ts'

export const addressStatus = {
  url: s.string().optional(),
  address: s.object({ url: s.string().optional() }).optional(),
  traffic: s.array(trafficTarget).optional(),
}

export const Route = defineKind({
  ...servingGroup,
  kind: 'Route',
  shortNames: ['rt'],
  categories: ['all', 'knative', 'serving'],
  description: 'A host and the shares of its requests that Revisions get.',
  columns: [
    { name: 'URL', type: 'string', jsonPath: '.status.url' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  ],
  spec: s.object({ traffic: s.array(trafficTarget).optional() }),
  status: s.object({
    observedGeneration: s.int().optional(),
    conditions: conditionsSchema(),
    annotations: s.record(s.string()).optional(),
    ...addressStatus,
  }),
  defaults: route => {
    for (const target of route.spec.traffic ?? []) target.latestRevision ??= !target.revisionName
  },
  validate: route => trafficErrors(route.spec.traffic, 'spec.traffic', false),
})
export type Route = KindOf<typeof Route>

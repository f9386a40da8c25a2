/** A program with its Configuration and its Route. Source: knative.dev/serving pkg/apis/serving/v1/service_types.go */
import { conditionsSchema } from '../conditions.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { s } from '../schema.ts'
import { configurationFields, latest, latestColumns, templateDefaults, templateErrors } from './configuration.ts'
import { servingGroup } from './group.ts'
import { addressStatus } from './route.ts'
import { trafficDefaults, trafficErrors, trafficTarget } from './traffic.ts'

export const Service = defineKind({
  ...servingGroup,
  kind: 'Service',
  shortNames: ['kservice', 'ksvc'],
  categories: ['all', 'knative', 'serving'],
  description: 'A program with its configuration, its revisions and the shares of requests that they get.',
  columns: [{ name: 'URL', type: 'string', jsonPath: '.status.url' }, ...latestColumns],
  spec: s.object({ ...configurationFields, traffic: s.array(trafficTarget).optional() }),
  status: s.object({
    observedGeneration: s.int().optional(),
    conditions: conditionsSchema(),
    annotations: s.record(s.string()).optional(),
    ...latest,
    ...addressStatus,
  }),
  defaults: service => {
    templateDefaults(service.spec)
    service.spec.traffic = trafficDefaults(service.spec.traffic)
  },
  validate: (service, old) => [
    ...templateErrors(service.spec, service.metadata.name, old?.spec),
    ...trafficErrors(service.spec.traffic, 'spec.traffic', true),
  ],
})
export type Service = KindOf<typeof Service>

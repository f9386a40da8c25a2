import { conditionsSchema } from '../conditions.ts'
import { forbidden } from '../field-error.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { s } from '../schema.ts'
import { servingGroup } from './group.ts'
import { revisionDefaults } from './revision-defaults.ts'
import { revisionSpec } from './revision-spec.ts'
import { revisionErrors, sameSpec } from './revision-validate.ts'

export const Revision = defineKind({
  ...servingGroup,
  kind: 'Revision',
  shortNames: ['rev'],
  categories: ['all', 'knative', 'serving'],
  description: 'An immutable snapshot of code and configuration.',
  columns: [
    { name: 'Config Name', type: 'string', jsonPath: ".metadata.labels['serving\\.knative\\.dev/configuration']" },
    { name: 'Generation', type: 'string', jsonPath: ".metadata.labels['serving\\.knative\\.dev/configurationGeneration']" },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Actual Replicas', type: 'integer', jsonPath: '.status.actualReplicas' },
    { name: 'Desired Replicas', type: 'integer', jsonPath: '.status.desiredReplicas' },
  ],
  spec: revisionSpec,
  status: s.object({
    observedGeneration: s.int().optional(),
    conditions: conditionsSchema(),
    annotations: s.record(s.string()).optional(),
    containerStatuses: s.array(s.object({ name: s.string().optional(), imageDigest: s.string().optional() })).optional(),
    initContainerStatuses: s.array(s.object({ name: s.string().optional(), imageDigest: s.string().optional() })).optional(),
    actualReplicas: s.int().optional(),
    desiredReplicas: s.int().optional(),
    serviceName: s.string().optional(),
    logUrl: s.string().optional(),
  }),
  defaults: (revision, old) => {
    if (!old) revisionDefaults(revision.spec)
  },
  validate: (revision, old) => {
    const errors = revisionErrors(revision.spec, 'spec')
    return old && !sameSpec(revision.spec, old.spec)
      ? [...errors, forbidden('spec', 'Immutable fields changed: a Revision cannot be changed')]
      : errors
  },
})
export type Revision = KindOf<typeof Revision>

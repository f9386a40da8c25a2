/** The stream of a program's Revisions. Source: knative.dev/serving pkg/apis/serving/v1/configuration_types.go. Not in v1: `build`, as in v1alpha1. */
import { isDeepStrictEqual } from 'node:util'
import { buildSpec } from '../build/build-spec.ts'
import { conditionsSchema } from '../conditions.ts'
import { type FieldError, invalid } from '../field-error.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { type Infer, s } from '../schema.ts'
import { servingGroup } from './group.ts'
import { revisionDefaults } from './revision-defaults.ts'
import { type RevisionTemplate, revisionTemplate } from './revision-spec.ts'
import { revisionErrors } from './revision-validate.ts'

export const configurationFields = {
  template: revisionTemplate,
  build: buildSpec
    .optional()
    .describe('Builds the image of the template; a change of it makes a new build, a new image and a new Revision.'),
}
export const configurationSpec = s.object(configurationFields)
export type ConfigurationSpec = Infer<typeof configurationSpec>

export const latest = {
  latestCreatedRevisionName: s.string().optional(),
  latestReadyRevisionName: s.string().optional(),
}

export function templateDefaults(spec: { template?: RevisionTemplate; build?: unknown }): void {
  if (!spec.template?.spec) return
  revisionDefaults(spec.template.spec)
}
export function templateErrors({ template, build }: ConfigurationSpec, owner: string, old?: ConfigurationSpec): FieldError[] {
  const errors = revisionErrors(template.spec, 'spec.template.spec')
  const name = template.metadata?.name
  if (name && !name.startsWith(`${owner}-`))
    errors.push(invalid('spec.template.metadata.name', name, `must have prefix ${JSON.stringify(`${owner}-`)}`))
  const isUnderItsOldName = name !== undefined && name === old?.template.metadata?.name
  if (isUnderItsOldName && !isDeepStrictEqual(template, old?.template))
    errors.push(invalid('spec.template.metadata.name', name, 'the template was changed without a name change'))
  return build ? errors.filter(e => !(e.type === 'FieldValueRequired' && e.field.endsWith('.image'))) : errors
}

export const latestColumns = [
  { name: 'LatestCreated', type: 'string', jsonPath: '.status.latestCreatedRevisionName' },
  { name: 'LatestReady', type: 'string', jsonPath: '.status.latestReadyRevisionName' },
  { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
  { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
] as const

export const Configuration = defineKind({
  ...servingGroup,
  kind: 'Configuration',
  shortNames: ['config', 'cfg'],
  categories: ['all', 'knative', 'serving'],
  description: 'What the latest Revision should be; each change makes a new one.',
  columns: [...latestColumns],
  spec: configurationSpec,
  status: s.object({
    observedGeneration: s.int().optional(),
    conditions: conditionsSchema(),
    annotations: s.record(s.string()).optional(),
    ...latest,
    latestBuildName: s.string().optional(),
  }),
  defaults: configuration => templateDefaults(configuration.spec),
  validate: (configuration, old) => templateErrors(configuration.spec, configuration.metadata.name, old?.spec),
})
export type Configuration = KindOf<typeof Configuration>

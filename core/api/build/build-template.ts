import { defineKind, type KindOf } from '../kind.ts'
import { buildGroup } from './build.ts'
import { templateSpec } from './build-spec.ts'
import { templateErrors } from './validate.ts'

const shared = {
  ...buildGroup,
  spec: templateSpec,
  categories: ['knative'],
}

export const BuildTemplate = defineKind({
  ...shared,
  kind: 'BuildTemplate',
  description: 'Steps with parameters that Builds of its namespace use by name.',
  validate: template => templateErrors(template.spec),
})
export type BuildTemplate = KindOf<typeof BuildTemplate>

export const ClusterBuildTemplate = defineKind({
  ...shared,
  kind: 'ClusterBuildTemplate',
  namespaced: false,
  description: 'Steps with parameters that Builds of every namespace use by name.',
  validate: template => templateErrors(template.spec),
})
export type ClusterBuildTemplate = KindOf<typeof ClusterBuildTemplate>

import type { Kind } from '../kind.ts'
import { Build } from './build.ts'
import { BuildTemplate, ClusterBuildTemplate } from './build-template.ts'

export { Build, buildGroup } from './build.ts'
export type { BuildSpec, Parameter, Source, TemplateReference, TemplateSpec } from './build-spec.ts'
export { BuildTemplate, ClusterBuildTemplate } from './build-template.ts'
export { placeholders } from './validate.ts'
export const buildKinds: Kind[] = [Build, BuildTemplate, ClusterBuildTemplate] as unknown as Kind[]

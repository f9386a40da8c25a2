/**
 * What Build and BuildTemplate share. Source: knative/build pkg/apis/build/v1alpha1 (build_types.go, build_template_types.go).
 * Not in Knative: archive sources, `sources[].name` limits as Tekton's, the queue's fields in the status.
 */
import type { Container, EnvVar, Volume } from '../builtin.ts'
import { container, envVar, volume } from '../pod-schema.ts'
import { type Infer, s } from '../schema.ts'

export const gitSource = s.object({
  url: s.string().min(1).describe('https, ssh or git URL of the repository.'),
  revision: s
    .string()
    .optional()
    .describe('Branch, tag, full or short commit, or a ref such as refs/pull/7/head. Default: the default branch.'),
  depth: s.int().min(0).optional().describe('How many commits to fetch; 0 is all. Default 1.'),
  submodules: s.boolean().optional().describe('Fetch submodules too. Default true.'),
})
export const storageSource = s.object({
  type: s.enum('Archive', 'Manifest').describe('Archive: one tar.gz or zip. Manifest: a JSON list of files with checksums.'),
  location: s.string().min(1).describe('gs://BUCKET/OBJECT'),
})
export const archiveSource = s.object({
  url: s.string().min(1).describe('https URL, or a registry artifact as oci://HOST/NAME@sha256:…'),
  checksum: s
    .string()
    .pattern(/^sha256:[0-9a-f]{64}$/)
    .optional(),
})

export const source = s.object({
  name: s.string().optional().describe('Unique among sources; the step is named build-step-git-source-NAME.'),
  git: gitSource.optional(),
  gcs: storageSource.optional(),
  archive: archiveSource.optional(),
  custom: container().optional().describe('Any image that fills /workspace.'),
  subPath: s.string().optional().describe('A folder of the source that becomes the working directory of the steps.'),
  targetPath: s.string().optional().describe('Where below /workspace the source goes.'),
})
export type Source = Infer<typeof source>

export const step = () => container()
export const steps = () => s.array<Container>(step())
export const volumes = () => s.array<Volume>(volume())

export const templateReference = s.object({
  name: s.string().min(1),
  kind: s.enum('BuildTemplate', 'ClusterBuildTemplate').default('BuildTemplate'),
  arguments: s.array(s.object({ name: s.string().min(1), value: s.string() })).optional(),
  env: s.array<EnvVar>(envVar()).optional(),
})
export type TemplateReference = Infer<typeof templateReference>

export const parameter = s.object({
  name: s.string().min(1),
  description: s.string().optional(),
  default: s.string().optional(),
})
export type Parameter = Infer<typeof parameter>

export const templateSpec = s.object({
  parameters: s.array(parameter).optional(),
  steps: steps(),
  volumes: volumes().optional(),
})
export type TemplateSpec = Infer<typeof templateSpec>

export const buildSpec = s.object({
  source: source.optional(),
  sources: s.array(source).optional(),
  steps: steps().optional(),
  template: templateReference.optional(),
  volumes: volumes().optional(),
  serviceAccountName: s.string().optional(),
  nodeSelector: s.record(s.string()).optional(),
  affinity: s.unknown().optional(),
  tolerations: s.array(s.unknown()).optional(),
  timeout: s.duration().optional().describe('From the first step on; default 10m, at most 24h.'),
  status: s.enum('BuildCancelled').optional().describe('Set to BuildCancelled to stop the build.'),
})
export type BuildSpec = Infer<typeof buildSpec>

import { isDeepStrictEqual } from 'node:util'
import { conditionsSchema } from '../conditions.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { s } from '../schema.ts'
import { buildSpec } from './build-spec.ts'
import { buildErrors, buildUpdateErrors } from './validate.ts'

export const buildGroup = { group: 'build.knative.dev', version: 'v1alpha1' } as const

const containerState = s.unknown<{
  name?: string
  waiting?: { reason?: string; message?: string }
  running?: { startedAt?: string }
  terminated?: { exitCode: number; reason?: string; message?: string; startedAt?: string; finishedAt?: string }
}>()

const status = s.object({
  observedGeneration: s.int().optional(),
  conditions: conditionsSchema(),
  builder: s.enum('Cluster', 'Google').optional(),
  cluster: s.object({ namespace: s.string().optional(), podName: s.string().optional() }).optional(),
  creationTime: s.time().optional(),
  startTime: s.time().optional(),
  completionTime: s.time().optional(),
  stepStates: s.array(containerState).optional(),
  stepsCompleted: s.array(s.string()).optional(),
  image: s.object({ name: s.string(), digest: s.string().optional() }).optional().describe('What the build pushed.'),
  source: s
    .object({ url: s.string().optional(), commit: s.string().optional() })
    .optional()
    .describe('What was built, resolved.'),
  queued: s.object({ position: s.int().optional(), since: s.time().optional() }).optional(),
  log: s.object({ url: s.string().optional() }).optional(),
})

export const Build = defineKind({
  ...buildGroup,
  kind: 'Build',
  categories: ['all', 'knative'],
  description: 'Runs steps, each a container, over a source, in order and in one pod.',
  columns: [
    { name: 'Succeeded', type: 'string', jsonPath: '.status.conditions[?(@.type=="Succeeded")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Succeeded")].reason' },
    { name: 'Image', type: 'string', jsonPath: '.status.image.name', priority: 1 },
    { name: 'StartTime', type: 'date', jsonPath: '.status.startTime' },
    { name: 'CompletionTime', type: 'date', jsonPath: '.status.completionTime' },
  ],
  spec: buildSpec,
  status,
  validate: (build, old) => [
    ...buildErrors(build.spec),
    ...(old ? buildUpdateErrors(build.spec, old.spec, isDeepStrictEqual) : []),
  ],
})
export type Build = KindOf<typeof Build>

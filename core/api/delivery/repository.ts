/** Repository: which pushes build what, and where it goes. The git server and the webhooks only report pushes; what follows is decided from this. */
import { conditionsSchema } from '../conditions.ts'
import { at, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { type Infer, s } from '../schema.ts'
import { rolloutSteps, validateRolloutSteps } from './rollout.ts'

const env = s.unknown<{ name: string; value?: string; valueFrom?: Record<string, unknown> }>()
const dns1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

const build = s.object({
  builder: s
    .enum('auto', 'layers', 'dockerfile')
    .default('auto')
    .describe(
      'Which of the built-in templates; `auto` takes `dockerfile` where the tree has a Dockerfile. Not used with `template`.',
    ),
  template: s
    .object({ kind: s.enum('BuildTemplate', 'ClusterBuildTemplate').default('BuildTemplate'), name: s.string().min(1) })
    .optional(),
  arguments: s
    .keyedList(s.object({ name: s.string(), value: s.string() }), 'name')
    .optional()
    .describe('For the template. IMAGE is filled in unless it is given.'),
  env: s.array(env).optional(),
  image: s
    .string()
    .optional()
    .describe('Where the image is pushed, without a tag. Default: the registry of this installation, NAMESPACE/NAME.'),
  directory: s.string().optional().describe('Builds this folder of the tree.'),
  timeout: s.duration().default('10m'),
  serviceAccountName: s.string().optional(),
})

const release = s.object({
  enabled: s.boolean().default(true).describe('False: images are built, nothing is released.'),
  service: s.string().optional().describe("Default: the Repository's own name."),
  port: s.port().default(8080).describe('Where the container listens; it is told by PORT.'),
  env: s.array(env).optional(),
  envFrom: s.array(s.unknown()).optional(),
  resources: s.unknown().optional(),
  readinessPath: s.string().optional().describe('GET of this path must succeed; default: the port accepts connections.'),
  containerConcurrency: s.int().min(0).optional(),
  timeoutSeconds: s.int().min(0).optional(),
  minScale: s.int().min(0).optional(),
  maxScale: s.int().min(0).optional(),
  serviceAccountName: s.string().optional(),
  rollout: s
    .object({
      ref: s.string().optional().describe('A Rollout of this name that exists; it must name the same Service.'),
      steps: rolloutSteps().optional(),
    })
    .optional()
    .describe('Absent: a new revision takes all requests as soon as it is Ready.'),
})

const branchStatus = s.object({
  name: s.string(),
  commit: s.string(),
  pushedAt: s.time(),
  build: s.string().optional(),
  result: s.enum('Pending', 'Building', 'Succeeded', 'Failed'),
  reason: s.string().optional(),
  message: s.string().optional(),
  image: s.string().optional(),
  revision: s.string().optional(),
})

const spec = s.object({
  url: s.string().optional().describe('Where the code is cloned from. Default: the git server of this installation.'),
  branches: s.array(s.string().min(1)).default(['main']).describe('Names or patterns with `*`; a push to any of them is built.'),
  paths: s
    .object({ include: s.array(s.string()).optional(), exclude: s.array(s.string()).optional() })
    .optional()
    .describe('Only pushes that change such a path are built: files, folders or globs, such as services/web or **/*.css.'),
  build: build.default({ builder: 'auto', timeout: '10m' }),
  release: release.default({ enabled: true, port: 8080 }),
  suspend: s.boolean().default(false).describe('Pushes are accepted and recorded, but nothing is built.'),
  buildHistoryLimit: s.int().min(1).default(20),
})

export const Repository = defineKind({
  group: 'slipway.dev',
  version: 'v1alpha1',
  kind: 'Repository',
  plural: 'repositories',
  shortNames: ['repo', 'repos'],
  categories: ['all', 'slipway'],
  description: 'Which pushes build what, and where it goes.',
  columns: [
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
    { name: 'Commit', type: 'string', jsonPath: '.status.releasedCommit' },
    { name: 'URL', type: 'string', jsonPath: '.status.url' },
    { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
  ],
  spec,
  status: s.object({
    observedGeneration: s.int().optional(),
    conditions: conditionsSchema(),
    branches: s.keyedList(branchStatus, 'name').optional(),
    releasedCommit: s.string().optional().describe('The commit of the newest release; a Rollout may still be taking it up.'),
    service: s.string().optional(),
    url: s.string().optional(),
    lastPush: s
      .object({
        ref: s.string(),
        commit: s.string(),
        at: s.time(),
        outcome: s.enum('Built', 'Ignored', 'Deleted'),
        reason: s.string().optional(),
        message: s.string().optional(),
      })
      .optional()
      .describe('What the newest push led to, also where that is nothing.'),
  }),
  validate: repository => validateRepository(repository.spec),
})
export type Repository = KindOf<typeof Repository>
export type RepositoryStatus = NonNullable<Repository['status']>
export type BranchStatus = NonNullable<RepositoryStatus['branches']>[number]

function validateRepository({ build: how, release: where, branches }: Infer<typeof spec>): FieldError[] {
  const errors: FieldError[] = []
  if (branches.length === 0) errors.push(required('spec.branches', 'at least one branch or pattern'))
  for (const [i, branch] of branches.entries())
    if (branch.startsWith('refs/')) errors.push(invalid(at('spec.branches', i), branch, 'a branch name without refs/heads/'))
  if (where.service !== undefined && (!dns1035.test(where.service) || where.service.length > 40))
    errors.push(
      invalid(
        'spec.release.service',
        where.service,
        "must be a DNS label of at most 40 characters that starts with a letter, such as 'hello'",
      ),
    )
  if (where.rollout?.ref && where.rollout.steps)
    errors.push(forbidden('spec.release.rollout.steps', 'the Rollout that ref names has steps of its own'))
  if (where.rollout?.steps) errors.push(...validateRolloutSteps(where.rollout.steps, 'spec.release.rollout.steps'))
  if (how.directory !== undefined && (how.directory.startsWith('/') || how.directory.split('/').includes('..')))
    errors.push(invalid('spec.build.directory', how.directory, 'a folder inside the tree, such as services/web'))
  return errors
}

/** A push that was accepted: what the git server and the webhooks report, and the delivery worker takes up. */
import { createHash } from 'node:crypto'
import { type Infer, s } from '../api/index.ts'
import { defineJob, type Job } from '../queue/index.ts'

export const zeroCommit = '0'.repeat(40)

const push = s.object({
  namespace: s.string(),
  repository: s.string(),
  /** In full: `refs/heads/main`. */
  ref: s.string(),
  /** What the ref now is; all zeros when it was deleted. */
  commit: s.string().pattern(/^([0-9a-f]{40}|[0-9a-f]{64})$/),
  /** What it was before; all zeros when it is new. */
  before: s.string().optional(),
  /** Milliseconds since the epoch. */
  receivedAt: s.number(),
  pusher: s.string().optional(),
  /** Of `git push -o name=value`; a name alone has the value ''. */
  options: s.record(s.string()).default({}),
  hasDockerfile: s.boolean().default(false),
  /** Paths that changed, where the reporter knows them; for `spec.paths`. */
  changed: s.array(s.string()).optional(),
  /** Tells apart pushes that come back to an earlier commit; a webhook gives its delivery's id. */
  sequence: s.string().optional(),
})
export type Push = Infer<typeof push>

const refHash = (ref: string) => createHash('sha256').update(ref).digest('hex').slice(0, 12)

export const pushJob: Job<Push> = defineJob({
  queue: 'pushes',
  attempts: 12,
  maxBackoffMs: 30_000,
  data: push,
  // Names of namespaces and repositories have no dots.
  id: p => [p.namespace, p.repository, refHash(p.ref), p.commit, ...(p.sequence ? [p.sequence] : [])].join('.'),
  lane: p => p.namespace,
})

export const isDeletion = ({ commit }: Pick<Push, 'commit'>): boolean => /^0+$/.test(commit)
/** The branch that a push counts as: its own, or that of `git push -o as=main`, by which `slipway up` releases a working tree. */
export const builtAs = ({ ref, options }: Pick<Push, 'ref' | 'options'>): string | undefined => options.as || branchOf(ref)
/** `main` of `refs/heads/main`; undefined for tags and other refs. */
export const branchOf = (ref: string): string | undefined =>
  ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined

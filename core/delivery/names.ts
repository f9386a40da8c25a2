/** What deliveries are called: the same on every machine and after every crash, so that a commit is one Build and one Revision. */
import { createHash } from 'node:crypto'

export const deliveryLabels = {
  repository: 'slipway.dev/repository',
  commit: 'slipway.dev/commit',
} as const
export const deliveryAnnotations = {
  branch: 'slipway.dev/branch',
  /** On Revisions; Builds have it as a label. */
  commit: 'slipway.dev/commit',
  /** When the newest push of this commit came in, RFC 3339 with milliseconds: the branch's newest decides what is released. */
  pushedAt: 'slipway.dev/pushed-at',
  pusher: 'slipway.dev/pusher',
  /** The first weight that a push asked for by `git push -o canary=10`. */
  canary: 'slipway.dev/canary',
} as const

const short = (text: string, length: number) => createHash('sha256').update(text).digest('hex').slice(0, length)

/** `hello-1f2e3d4c5b6a`: room is left for the suffixes of Jobs and pods. */
export const buildNameOf = (repository: string, commit: string): string => `${repository}-${commit.slice(0, 12)}`

/**
 * `hello-1f2e3d4c-k3x9a`: the commit, and what it is configured with, since a Revision never changes.
 * @param template the JSON of the Revision's spec, image included
 */
export const revisionNameOf = (service: string, commit: string, template: string): string =>
  `${service}-${commit.slice(0, 8)}-${short(template, 4)}`

/** A repository's or service's name: what is derived from it (`NAME-COMMIT-HASH-private`) must still be a DNS label of 63 characters. */
export const longestName = 40
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/** @returns what is wrong with the name, for the person who typed it, or undefined. Source: RFC 1123, RFC 1035 */
export function nameProblem(what: 'namespace' | 'repository', name: string): string | undefined {
  const longest = what === 'repository' ? longestName : 63
  if (label.test(name) && name.length <= longest && (what === 'namespace' || /^[a-z]/.test(name))) return undefined
  const start = what === 'repository' ? ', beginning with a letter' : ''
  return `${JSON.stringify(name.slice(0, 80))} cannot be the name of a ${what}: at most ${longest} lower case letters, digits and dashes${start} and not ending with a dash`
}

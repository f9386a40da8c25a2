/** What a push leads to, before anything is made: a build, or nothing and the reason why. Pure. */
import { matchesGlob } from 'node:path'
import type { Repository } from '@slipway/core/api/delivery'
import { builtAs, isDeletion, type Push } from '@slipway/core/delivery'

export type PushDecision = { outcome: 'Built' } | { outcome: 'Ignored' | 'Deleted'; reason: string; message: string }

export const matchesBranch = (patterns: string[], branch: string): boolean =>
  patterns.some(pattern => pattern === branch || matchesGlob(branch, pattern))

/** Is any of the changed paths one that counts? Unknown changes count. */
export function matchesPaths(
  { include = [], exclude = [] }: { include?: string[]; exclude?: string[] },
  changed: string[] | undefined,
): boolean {
  if (!changed) return true
  const isOf = (patterns: string[], path: string) =>
    patterns.some(p => path === p || path.startsWith(`${p.replace(/\/+$/, '')}/`) || matchesGlob(path, p))
  return changed.some(path => (include.length === 0 || isOf(include, path)) && !isOf(exclude, path))
}

const ignored = (reason: string, message: string): PushDecision => ({ outcome: 'Ignored', reason, message })

export function decidePush({ spec, metadata }: Repository, push: Push): PushDecision {
  const branch = builtAs(push)
  const name = `Repository "${metadata.name}"`
  if (branch === undefined) return ignored('NotABranch', `${push.ref} is no branch; only branches are built`)
  if (isDeletion(push))
    return { outcome: 'Deleted', reason: 'BranchDeleted', message: `branch ${branch} was deleted; what it released stays` }
  if (!matchesBranch(spec.branches, branch))
    return ignored('BranchNotBuilt', `branch ${branch} is not built: spec.branches of ${name} is ${spec.branches.join(', ')}`)
  if (spec.suspend) return ignored('Suspended', `${name} is suspended (spec.suspend); nothing is built`)
  if ('skip-build' in push.options) return ignored('SkippedByPusher', 'not built, as the push option skip-build asked')
  if (spec.paths && !matchesPaths(spec.paths, push.changed))
    return ignored('NoPathMatches', `none of the ${push.changed!.length} changed paths is one that spec.paths of ${name} builds`)
  return { outcome: 'Built' }
}

/** What a revision may be: a branch, a tag, a whole or shortened commit, a full ref such as refs/pull/1/head, or HEAD. */
import { BuildFailure } from '../failure/index.ts'

export type GitRevision =
  | { kind: 'head' }
  | { kind: 'commit'; commit: string }
  /** May be a shortened commit or a name: the name is tried first, as git does. */
  | { kind: 'short'; text: string }
  | { kind: 'ref'; ref: string }
  | { kind: 'name'; name: string }

/**
 * Reads a revision, by the rules of git-check-ref-format(1), so that it can be neither an option nor a refspec.
 * @throws BuildFailure InvalidRevision
 */
export function parseRevision(text: string | undefined): GitRevision {
  if (text === undefined || text === '' || text === 'HEAD') return { kind: 'head' }
  const wrong = (problem: string) =>
    new BuildFailure('InvalidRevision', `revision ${JSON.stringify(text)} is not a branch, tag or commit: ${problem}`)
  if (/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(text)) return { kind: 'commit', commit: text }
  if (text.startsWith('-')) throw wrong('it begins like an option')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: git-check-ref-format forbids them
  if (/[\x00-\x20\x7f~^:?*[\\]/.test(text)) throw wrong('it has a character that git does not allow in names')
  if (text.includes('..') || text.includes('@{') || text.includes('//') || text === '@') throw wrong('it has "..", "//" or "@{"')
  if (/^\/|\/$|\.$/.test(text) || text.split('/').some(part => part.startsWith('.') || part.endsWith('.lock')))
    throw wrong('a part of it begins with ".", or ends with ".lock", "." or "/"')
  if (text.length > 1024) throw wrong('it is too long')
  if (text.startsWith('refs/')) return { kind: 'ref', ref: text }
  if (/^[0-9a-f]{4,39}$/.test(text)) return { kind: 'short', text }
  return { kind: 'name', name: text }
}

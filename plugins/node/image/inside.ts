/** Paths inside a folder that is somebody else's: whatever links it holds, nothing resolves to outside, as if it were the root. */
import { lstatSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

const maxLinks = 40

export class PathEscape extends Error {
  readonly reason = 'UnsafePath'
}

/**
 * The real place of `path` inside `root`. Links in all parts but the last are followed, absolute ones from the root; the last part is
 * left as it is. Parts that do not exist are taken as they stand.
 * @param known folders seen to be real before; added to
 * @param last also follow a link in the last part
 * @throws PathEscape when it is the root itself, has a NUL, or links go round in circles
 */
export function insideOf(root: string, path: string, known?: Set<string>, last = false): string {
  if (path.includes('\0')) throw new PathEscape(`path ${JSON.stringify(path)} holds a NUL`)
  const rest = path.split('/').filter(part => part && part !== '.')
  const real: string[] = []
  let links = 0
  while (rest.length) {
    const part = rest.shift()!
    if (part === '..') {
      real.pop()
      continue
    }
    const here = join(root, ...real, part)
    if ((rest.length || last) && !known?.has(here)) {
      const found = lstatSync(here, { throwIfNoEntry: false })
      if (found?.isSymbolicLink()) {
        if (++links > maxLinks) throw new PathEscape(`too many links in ${JSON.stringify(path)}`)
        const target = readlinkSync(here)
        if (target.startsWith('/')) real.length = 0
        rest.unshift(...target.split('/').filter(p => p && p !== '.'))
        continue
      }
      if (found?.isDirectory()) known?.add(here)
    }
    real.push(part)
  }
  if (!real.length) throw new PathEscape(`path ${JSON.stringify(path)} is the root itself`)
  return join(root, ...real)
}

/** A folder as a sorted list of entries, without what its `.dockerignore` leaves out. Links are entries, never followed. */
import type { Dirent } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { BuildFailure, codeOf } from '../failure/index.ts'
import { type Ignore, ignoreOf, parseIgnore } from './ignore-pattern.ts'

export interface TreeEntry {
  /** Relative to the root, with `/`. */
  readonly path: string
  readonly type: 'file' | 'directory' | 'symlink'
  /** Bytes; 0 for what is no file. */
  readonly size: number
  readonly executable: boolean
  /** Where a symlink points, as it is written. */
  readonly target?: string
  /** Where to read it. */
  readonly file: string
}

/** Version control and Slipway's own folder are never part of an image. */
const never = new Set(['.git', '.slipway', '.hg', '.svn'])

/** Byte order, which does not depend on the machine's language. */
export const byPath = (a: { path: string }, b: { path: string }): number => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0)

export async function readIgnore(root: string): Promise<Ignore> {
  try {
    return ignoreOf(parseIgnore(await readFile(join(root, '.dockerignore'), 'utf8')))
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ignoreOf([])
    throw error
  }
}

/**
 * Lists a folder. Empty folders stay, and so do those above a kept file.
 * @throws BuildFailure SourceMissing; UnsupportedFile for devices, sockets and pipes
 */
export async function readTree(root: string, ignore: Ignore = ignoreOf([])): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = []
  const visit = async (folder: string, prefix: string): Promise<boolean> => {
    let any = false
    for (const item of await list(folder)) {
      if (never.has(item.name) && (!prefix || item.name === '.git')) continue
      const path = prefix + item.name
      const file = join(folder, item.name)
      const ignored = ignore.ignores(path)
      if (item.isDirectory()) {
        if (ignored && ignore.skipsBelow(path)) continue
        const at = entries.length
        const kept = await visit(file, `${path}/`)
        if (ignored && !kept) continue
        entries.splice(at, 0, { path, type: 'directory', size: 0, executable: true, file })
        any = true
        continue
      }
      if (ignored) continue
      any = true
      entries.push(await entryOf(item, path, file))
    }
    return any
  }
  await visit(root, '')
  return entries.sort(byPath)

  async function list(folder: string): Promise<Dirent[]> {
    try {
      return await readdir(folder, { withFileTypes: true })
    } catch (error) {
      if (folder === root && ['ENOENT', 'ENOTDIR'].includes(codeOf(error) ?? ''))
        throw new BuildFailure('SourceMissing', `there is no folder ${root} to build from`)
      throw error
    }
  }
}

async function entryOf(item: Dirent, path: string, file: string): Promise<TreeEntry> {
  if (item.isSymbolicLink()) return { path, type: 'symlink', size: 0, executable: true, target: await readlink(file), file }
  if (!item.isFile())
    throw new BuildFailure(
      'UnsupportedFile',
      `${path} is neither a file, a folder nor a link; remove it, or list it in .dockerignore`,
    )
  const { size, mode } = await lstat(file)
  return { path, type: 'file', size, executable: (mode & 0o100) !== 0, file }
}

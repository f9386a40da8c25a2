/** Writing so that a crash at any moment leaves either the old or the new: a temporary file, synced, then renamed into place. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Makes renames and new names in a folder survive a power failure. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Runs again once its folder was made, if it was missing. */
export async function inFolder<T>(path: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    await mkdir(dirname(path), { recursive: true })
    return run()
  }
}

/** @param scratch a folder of the same file system for what is unfinished */
export async function writeDurably(path: string, bytes: Uint8Array | string, scratch: string): Promise<void> {
  const draft = join(scratch, randomUUID())
  try {
    const handle = await open(draft, 'wx')
    try {
      await handle.writeFile(bytes)
      await handle.datasync()
    } finally {
      await handle.close()
    }
    await inFolder(path, () => rename(draft, path))
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

export const isMissing = (error: unknown): boolean => ['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')

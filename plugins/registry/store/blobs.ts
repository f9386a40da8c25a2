/** Blobs of repositories: found through a repository's own link, stored once for all. */

import { access, open, rename, rm, stat } from 'node:fs/promises'
import type { Digest } from '@slipway/builders/image'
import { blobUnknown } from '../spec-error.ts'
import { inFolder, isMissing } from './durable.ts'
import type { Layout } from './layout.ts'
import type { Touched } from './touched.ts'

export interface BlobStore {
  /** Size and path of a blob of this repository; undefined when it has none. */
  find(repository: string, digest: Digest): Promise<{ size: number; path: string } | undefined>
  /** Takes over a finished, synced file as the content of a digest and links it. */
  commit(repository: string, digest: Digest, file: string): Promise<void>
  /** Links a blob of another repository. @returns false when that has none */
  mount(repository: string, digest: Digest, from: string): Promise<boolean>
  /** Takes the repository's link away; the content goes with the next garbage collection if nobody else has it. @throws SpecError BLOB_UNKNOWN */
  unlink(repository: string, digest: Digest): Promise<void>
}

export function createBlobStore(layout: Layout, touched: Touched): BlobStore {
  const sizeOf = async (path: string) => {
    try {
      return (await stat(path)).size
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  }
  const link = async (repository: string, digest: Digest) => {
    const path = layout.blobLink(repository, digest)
    const handle = await inFolder(path, () => open(path, 'a'))
    await handle.close()
  }
  const isLinked = async (repository: string, digest: Digest) =>
    (
      await Promise.all(
        [layout.blobLink(repository, digest), layout.manifestLink(repository, digest)].map(p =>
          access(p).then(
            () => true,
            () => false,
          ),
        ),
      )
    ).some(Boolean)

  const find: BlobStore['find'] = async (repository, digest) => {
    touched.touch(digest)
    if (!(await isLinked(repository, digest))) return undefined
    const path = layout.blob(digest)
    const size = await sizeOf(path)
    return size === undefined ? undefined : { size, path }
  }

  return {
    find,
    async commit(repository, digest, file) {
      touched.touch(digest)
      const path = layout.blob(digest)
      // Content that is there already is the same: keep it, and with it what others are reading.
      if ((await sizeOf(path)) === undefined) await inFolder(path, () => rename(file, path))
      await link(repository, digest)
    },
    async mount(repository, digest, from) {
      if (!(await find(from, digest))) return false
      await link(repository, digest)
      return true
    },
    async unlink(repository, digest) {
      try {
        await rm(layout.blobLink(repository, digest))
      } catch (error) {
        throw isMissing(error) ? blobUnknown(digest) : error
      }
    },
  }
}

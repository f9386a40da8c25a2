/**
 * Blobs on their way in. Bytes go to disk as they arrive and are hashed on the way; an upload outlives its connection, and a restart
 * (then it is hashed again from disk). One upload is written by one request at a time.
 */

import { createHash, type Hash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { algorithmOf, type Digest } from '@slipway/builders/image'
import { digestInvalid, SpecError, uploadUnknown } from '../spec-error.ts'
import type { BlobStore } from './blobs.ts'
import { isMissing } from './durable.ts'
import type { Layout } from './layout.ts'

export interface UploadStore {
  begin(repository: string): Promise<string>
  /** Bytes received. @throws SpecError BLOB_UPLOAD_UNKNOWN */
  offset(repository: string, id: string): Promise<number>
  /**
   * Appends. @param at where the client means to go on; undefined for wherever it stands
   * @returns bytes received in all
   * @throws SpecError 416 when `at` is elsewhere
   */
  append(repository: string, id: string, chunks: AsyncIterable<Uint8Array>, at?: number): Promise<number>
  /** Checks the digest and makes the blob visible. @throws SpecError DIGEST_INVALID; then the upload is gone */
  finish(repository: string, id: string, digest: Digest): Promise<void>
  cancel(repository: string, id: string): Promise<void>
  /** Removes uploads that nobody wrote to for `ms`. @returns how many */
  expire(ms: number, now: number): Promise<number>
}

interface Active {
  hash: Hash
  offset: number
  /** The end of the queue of requests that write to it. */
  last: Promise<unknown>
}

const idPattern = /^[0-9a-f-]{36}$/

export function createUploadStore(layout: Layout, blobs: BlobStore): UploadStore {
  const active = new Map<string, Active>()
  const dataOf = (id: string) => join(layout.upload(id), 'data')

  async function sizeOnDisk(repository: string, id: string): Promise<number> {
    if (!idPattern.test(id)) throw uploadUnknown(id)
    try {
      if ((await readFile(join(layout.upload(id), 'repository'), 'utf8')) !== repository) throw uploadUnknown(id)
      return (await stat(dataOf(id))).size
    } catch (error) {
      throw isMissing(error) ? uploadUnknown(id) : error
    }
  }

  async function hashFile(id: string, algorithm: string): Promise<Hash> {
    const hash = createHash(algorithm)
    for await (const chunk of createReadStream(dataOf(id), { highWaterMark: 64 << 10 })) hash.update(chunk as Buffer)
    return hash
  }

  /** Runs alone on this upload, with its state in memory agreeing with the disk. */
  async function exclusively<T>(repository: string, id: string, run: (upload: Active) => Promise<T>): Promise<T> {
    let upload = active.get(id)
    if (!upload) {
      const offset = await sizeOnDisk(repository, id)
      upload = active.get(id) ?? { hash: createHash('sha256'), offset: offset ? -1 : 0, last: Promise.resolve() }
      active.set(id, upload)
    }
    const mine = upload
    const turn = mine.last.then(async () => {
      const offset = await sizeOnDisk(repository, id)
      if (offset !== mine.offset) {
        mine.hash = await hashFile(id, 'sha256')
        mine.offset = offset
      }
      return run(mine)
    })
    mine.last = turn.catch(() => {})
    return turn
  }

  async function write(file: FileHandle, upload: Active, chunks: AsyncIterable<Uint8Array>) {
    for await (const chunk of chunks) {
      // Written before it is counted: what the state says is on disk is there.
      await file.writeFile(chunk)
      upload.hash.update(chunk)
      upload.offset += chunk.byteLength
    }
  }

  async function discard(id: string) {
    active.delete(id)
    await rm(layout.upload(id), { recursive: true, force: true })
  }

  return {
    async begin(repository) {
      const id = randomUUID()
      try {
        await mkdir(layout.upload(id), { recursive: true })
        await writeFile(dataOf(id), '')
        await writeFile(join(layout.upload(id), 'repository'), repository)
      } catch (error) {
        await discard(id)
        throw error
      }
      active.set(id, { hash: createHash('sha256'), offset: 0, last: Promise.resolve() })
      return id
    },

    offset: (repository, id) => exclusively(repository, id, async upload => upload.offset),

    append: (repository, id, chunks, at) =>
      exclusively(repository, id, async upload => {
        if (at !== undefined && at !== upload.offset)
          throw new SpecError(
            416,
            'BLOB_UPLOAD_INVALID',
            `the chunk begins at ${at}, but the upload stands at ${upload.offset}`,
            undefined,
            {
              range: `0-${Math.max(upload.offset - 1, 0)}`,
              location: `/v2/${repository}/blobs/uploads/${id}`,
            },
          )
        const file = await open(dataOf(id), 'a')
        try {
          await write(file, upload, chunks)
        } catch (error) {
          // A full disk has use for the space that this upload holds; its client has to begin again anyway.
          if (['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '')) await discard(id)
          throw error
        } finally {
          await file.close()
        }
        return upload.offset
      }),

    finish: (repository, id, digest) =>
      exclusively(repository, id, async upload => {
        const algorithm = algorithmOf(digest)
        const hash = algorithm === 'sha256' ? upload.hash : await hashFile(id, algorithm)
        const got = `${algorithm}:${hash.digest('hex')}`
        try {
          if (got !== digest)
            throw digestInvalid(`provided digest did not match uploaded content: content has ${got}`, { digest, got })
          const file = await open(dataOf(id), 'r')
          try {
            await file.datasync()
          } finally {
            await file.close()
          }
          await blobs.commit(repository, digest, dataOf(id))
        } finally {
          await discard(id)
        }
      }),

    cancel: (repository, id) => exclusively(repository, id, () => discard(id)),

    async expire(ms, now) {
      let count = 0
      for (const id of await readdir(layout.uploads).catch(() => [])) {
        const changed = await stat(dataOf(id))
          .catch(() => stat(layout.upload(id)))
          .then(s => s.mtimeMs)
          .catch(() => now)
        if (now - changed <= ms) continue
        await discard(id)
        count++
      }
      return count
    },
  }
}

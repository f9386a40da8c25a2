/** Layers that were made before, by the hash of what went into them. A folder that any build may use at once, and that may be deleted at any time. */
import { createHash, randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import type { Digest } from '../image/digest.ts'
import type { Descriptor } from '../image/manifest.ts'
import { mediaType } from '../image/media-type.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

export interface Layer {
  readonly descriptor: Descriptor
  /** The digest of the layer without compression, as the image's config lists it. */
  readonly diffId: Digest
  readonly open: () => Readable
}

export interface LayerCache {
  has(key: string, compression: Compression): Promise<boolean>
  /** The layer of a key, made by `make` unless it is there. */
  layer(key: string, compression: Compression, make: () => Readable): Promise<Layer & { cached: boolean }>
}

/** Fixed, as the level is part of what the digest depends on. */
const gzipLevel = 5
const zstdLevel = 3

const types: Record<Compression, string> = { none: mediaType.layer, gzip: mediaType.layerGzip, zstd: mediaType.layerZstd }

/** Counts and hashes what passes; `patch` may change the first chunk. */
function meter(patch?: (first: Buffer) => void) {
  const hash = createHash('sha256')
  let size = 0
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (!size) patch?.(chunk)
      size += chunk.byteLength
      hash.update(chunk)
      done(null, chunk)
    },
  })
  return { through, result: () => ({ digest: `sha256:${hash.digest('hex')}` as Digest, size }) }
}

/** Byte 9 of a gzip header names the operating system (RFC 1952): 255, unknown, on all of them. The time is 0 already. */
const anonymous = (first: Buffer) => {
  if (first.length > 9) first[9] = 255
}

function compressor(compression: Compression): Transform[] {
  if (compression === 'gzip') return [createGzip({ level: gzipLevel, chunkSize: 64 << 10 })]
  if (compression === 'zstd') return [createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: zstdLevel } })]
  return []
}

/** Writes a layer to a file. */
export async function writeLayer(
  tar: Readable,
  compression: Compression,
  file: string,
): Promise<{ descriptor: Descriptor; diffId: Digest }> {
  const plain = meter()
  const packed = meter(compression === 'gzip' ? anonymous : undefined)
  const [first] = compressor(compression)
  if (first) await pipeline(tar, plain.through, first, packed.through, createWriteStream(file))
  else await pipeline(tar, plain.through, createWriteStream(file))
  const { digest: diffId, size: plainSize } = plain.result()
  const { digest, size } = first ? packed.result() : { digest: diffId, size: plainSize }
  return { descriptor: { mediaType: types[compression], digest, size }, diffId }
}

export function createLayerCache(folder: string): LayerCache {
  const dataOf = (key: string, compression: Compression) => join(folder, `${key}.${compression}`)
  async function find(data: string): Promise<{ descriptor: Descriptor; diffId: Digest } | undefined> {
    try {
      const found = JSON.parse(await readFile(`${data}.json`, 'utf8')) as { descriptor: Descriptor; diffId: Digest }
      return (await stat(data)).size === found.descriptor.size ? found : undefined
    } catch {
      // Absent or unreadable: it is made again.
      return undefined
    }
  }
  return {
    has: async (key, compression) => (await find(dataOf(key, compression))) !== undefined,
    async layer(key, compression, make) {
      const data = dataOf(key, compression)
      const note = `${data}.json`
      const found = await find(data)
      if (found) {
        // Its age is what a clean-up goes by.
        await utimes(note, new Date(), new Date()).catch(() => {})
        return { ...found, open: () => createReadStream(data), cached: true }
      }
      await mkdir(folder, { recursive: true })
      const draft = join(folder, `.${randomUUID()}`)
      try {
        const made = await writeLayer(make(), compression, draft)
        await rename(draft, data)
        await writeFile(`${draft}.json`, JSON.stringify(made))
        await rename(`${draft}.json`, note)
        return { ...made, open: () => createReadStream(data), cached: false }
      } finally {
        await Promise.all([rm(draft, { force: true }), rm(`${draft}.json`, { force: true })])
      }
    },
  }
}

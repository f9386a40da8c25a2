/** An image layout packed in one tar, as `skopeo copy … oci-archive:FILE` and `docker load` know it. */
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack as createPack } from 'tar-stream'
import { unpackTar } from '../source/unpack.ts'
import { type ImageLayout, openLayout } from './layout.ts'

const epoch = new Date(0)

/** Packs a layout; the same layout gives the same bytes. */
export function packLayout(layout: ImageLayout): Readable {
  const pack = createPack()
  const add = async (path: string) => {
    const { size } = await stat(join(layout.folder, path))
    const sink = pack.entry({ name: path, size, mode: 0o644, mtime: epoch }) as unknown as NodeJS.WritableStream
    await pipeline(createReadStream(join(layout.folder, path), { highWaterMark: 16 << 10 }), sink)
  }
  const work = async () => {
    for (const name of ['oci-layout', 'index.json'])
      pack.entry({ name, mode: 0o644, mtime: epoch }, await readFile(join(layout.folder, name)))
    for (const folder of ['blobs', ...(await readdir(join(layout.folder, 'blobs'))).sort().map(a => `blobs/${a}`)])
      pack.entry({ name: `${folder}/`, type: 'directory', mode: 0o755, mtime: epoch })
    // What begins with a dot is being written.
    for (const algorithm of (await readdir(join(layout.folder, 'blobs'))).sort())
      for (const hex of (await readdir(join(layout.folder, 'blobs', algorithm))).sort())
        if (!hex.startsWith('.')) await add(`blobs/${algorithm}/${hex}`)
    pack.finalize()
  }
  work().catch(error => pack.destroy(error))
  return pack as unknown as Readable
}

/**
 * Unpacks a layout into a folder. Its blobs are verified when they are read.
 * @throws BuildFailure UnsafeArchive, InvalidArchive, LayoutMissing
 */
export async function unpackLayout(tar: Readable, folder: string): Promise<ImageLayout> {
  await unpackTar(tar, { target: folder, limits: { ratio: Number.POSITIVE_INFINITY, bytes: Number.MAX_SAFE_INTEGER } })
  return openLayout(folder)
}

/** Packs a list of files as a layer: sorted, folders made on the way, no times, so that equal files give equal bytes. */
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { posix } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { pack as createPack } from 'tar-stream'
import type { ImageFile } from './image-file.ts'

const epoch = new Date(0)

/** Sorted, each path once (the last wins), with the folders above each. */
export function complete(files: readonly ImageFile[]): ImageFile[] {
  const all = new Map<string, ImageFile>()
  for (const file of files) {
    for (let at = posix.dirname(file.path); at !== '.'; at = posix.dirname(at))
      if (!all.has(at)) all.set(at, { path: at, directory: true })
    const there = all.get(file.path)
    if (!there || 'directory' in there || !('directory' in file)) all.set(file.path, file)
  }
  return [...all.values()].sort((a, b) => (a.path < b.path ? -1 : 1))
}

export function packFiles(files: readonly ImageFile[]): Readable {
  const pack = createPack()
  const work = async () => {
    for (const file of complete(files)) {
      const owner = { mtime: epoch, uid: 'uid' in file ? file.uid : 0, gid: 'uid' in file ? file.uid : 0 }
      if ('directory' in file) pack.entry({ name: `${file.path}/`, type: 'directory', mode: file.mode ?? 0o755, ...owner })
      else if ('link' in file) pack.entry({ name: file.path, type: 'symlink', linkname: file.link, mode: 0o777, ...owner })
      else if ('content' in file) pack.entry({ name: file.path, mode: file.mode ?? 0o644, ...owner }, Buffer.from(file.content))
      else {
        const { size, mode } = await stat(file.from)
        const sink = pack.entry({
          name: file.path,
          type: 'file',
          size,
          mode: file.mode ?? (mode & 0o111 ? 0o755 : 0o644),
          ...owner,
        })
        if (size)
          await pipeline(createReadStream(file.from, { highWaterMark: 16 << 10 }), sink as unknown as NodeJS.WritableStream)
        else (sink as unknown as NodeJS.WritableStream).end()
      }
    }
    pack.finalize()
  }
  work().catch(error => pack.destroy(error))
  return pack as unknown as Readable
}

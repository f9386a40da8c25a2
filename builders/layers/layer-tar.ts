/**
 * A reproducible layer: entries in byte order, owner root, one time for all, modes reduced to the executable bit. The same content gives
 * the same bytes wherever and whenever it is packed (reproducible-builds.org). Written as a stream: memory does not grow with content.
 */
import { createReadStream } from 'node:fs'
import { posix } from 'node:path'
import type { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { pack as createPack, type Pack } from 'tar-stream'
import { BuildFailure } from '../failure/index.ts'
import { byPath, type TreeEntry } from './source-tree.ts'

export interface TarSettings {
  /** Where the entries go, relative to the image's root: `app`. Folders on the way are made. */
  prefix: string
  /** Of every entry; default the epoch. */
  mtime?: Date
}

export const folderMode = 0o755
const fileMode = (executable: boolean) => (executable ? 0o755 : 0o644)
const epoch = new Date(0)

/** Folders above a path, outermost first. */
function parentsOf(path: string): string[] {
  const parts = path.split('/').filter(Boolean)
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'))
}

/** One entry's body. An error reaches the reader through the pack stream. */
async function addFile(pack: Pack, name: string, entry: TreeEntry, mtime: Date): Promise<void> {
  const header = { name, type: 'file' as const, mode: fileMode(entry.executable), size: entry.size, mtime, uid: 0, gid: 0 }
  const sink = pack.entry(header) as unknown as NodeJS.WritableStream
  if (entry.size === 0) {
    sink.end()
    return finished(sink)
  }
  try {
    await pipeline(createReadStream(entry.file, { highWaterMark: 16 << 10 }), sink)
  } catch (error) {
    if (!/size mismatch/i.test((error as Error).message)) throw error
    throw new BuildFailure('SourceChanged', `${entry.path} changed while it was being packed; build again`, { blame: 'system' })
  }
}

/** Packs a sorted list. @throws BuildFailure SourceChanged when a file changes meanwhile (by the stream's error) */
export function packTree(entries: readonly TreeEntry[], { prefix, mtime = epoch }: TarSettings): Readable {
  const pack = createPack()
  const work = async () => {
    for (const folder of parentsOf(prefix)) pack.entry({ name: `${folder}/`, type: 'directory', mode: folderMode, mtime })
    for (const entry of [...entries].sort(byPath)) {
      const name = posix.join(prefix, entry.path)
      if (entry.type === 'file') await addFile(pack, name, entry, mtime)
      else if (entry.type === 'directory') pack.entry({ name: `${name}/`, type: 'directory', mode: folderMode, mtime })
      else pack.entry({ name, type: 'symlink', linkname: entry.target!, mode: 0o777, mtime })
    }
    pack.finalize()
  }
  work().catch(error => pack.destroy(error))
  return pack as unknown as Readable
}

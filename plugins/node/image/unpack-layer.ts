/**
 * Unpacks one layer (image-spec layer.md) into a folder of its own. Nothing leaves the folder: paths are resolved as if it were the
 * root. Whiteouts are collected, not applied: what they mean depends on how layers are put together. Device nodes and extended
 * attributes are left out: containers get their devices from the runtime.
 */
import {
  chmodSync,
  closeSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs'
import { dirname, posix } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { extract, type Header } from 'tar-stream'
import { insideOf, PathEscape } from './inside.ts'

export type Compression = 'none' | 'gzip' | 'zstd'

export interface LayerMarks {
  /** Paths that hide what lower layers have there. */
  whiteouts: string[]
  /** Folders that hide all that lower layers have in them. */
  opaque: string[]
}

export class UnpackError extends Error {
  readonly reason = 'InvalidLayer'
}

const whiteout = '.wh.'
const opaqueMark = '.wh..wh..opq'
const maxEntries = 2_000_000

export async function unpackLayer(source: Readable, compression: Compression, root: string): Promise<LayerMarks> {
  const marks: LayerMarks = { whiteouts: [], opaque: [] }
  const known = new Set<string>()
  const folders: { path: string; mtime: Date }[] = []
  let entries = 0

  const ensureParent = (path: string) => {
    const parent = dirname(path)
    if (known.has(parent)) return
    mkdirSync(parent, { recursive: true, mode: 0o755 })
    known.add(parent)
  }
  const own = (path: string, { uid, gid }: Header) => lchownSync(path, uid, gid)

  function makeFolder(path: string, header: Header): void {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found && !found.isDirectory()) rmSync(path)
    if (!found?.isDirectory()) mkdirSync(path, { recursive: true })
    own(path, header)
    chmodSync(path, header.mode & 0o7777)
    known.add(path)
    folders.push({ path, mtime: header.mtime })
  }

  async function makeFile(path: string, header: Header, body: AsyncIterable<Uint8Array>): Promise<void> {
    // wx: never through a link that an earlier entry has put there.
    const fd = openSync(path, 'wx', 0o600)
    try {
      for await (const chunk of body) for (let done = 0; done < chunk.length; ) done += writeSync(fd, chunk, done)
    } finally {
      closeSync(fd)
    }
    own(path, header)
    chmodSync(path, header.mode & 0o7777)
    utimesSync(path, header.mtime, header.mtime)
  }

  async function put(header: Header, body: AsyncIterable<Uint8Array>): Promise<void> {
    if (++entries > maxEntries) throw new UnpackError(`a layer has more than ${maxEntries} entries`)
    const name = posix.basename(header.name)
    const folder = posix.dirname(posix.join('/', header.name))
    if (name === opaqueMark) return void marks.opaque.push(folder)
    if (name.startsWith(whiteout)) return void marks.whiteouts.push(posix.join(folder, name.slice(whiteout.length)))
    if (posix.join('/', header.name) === '/') return
    const path = insideOf(root, header.name, known)
    ensureParent(path)
    if (header.type === 'directory') return makeFolder(path, header)
    if (lstatSync(path, { throwIfNoEntry: false })) {
      rmSync(path, { recursive: true })
      for (const each of known) if (each === path || each.startsWith(`${path}/`)) known.delete(each)
    }
    if (header.type === 'file' || header.type === 'contiguous-file') return makeFile(path, header, body)
    if (header.type === 'symlink') {
      symlinkSync(header.linkname, path)
      own(path, header)
      lutimesSync(path, header.mtime, header.mtime)
    } else if (header.type === 'link') linkSync(insideOf(root, header.linkname, known), path)
  }

  const tar = extract()
  const work = async () => {
    for await (const entry of tar) {
      try {
        await put(entry.header, entry as AsyncIterable<Uint8Array>)
      } catch (error) {
        const { message } = error as Error
        throw error instanceof PathEscape || error instanceof UnpackError
          ? error
          : new UnpackError(`cannot unpack ${entry.header.name}: ${message}`)
      }
      entry.resume()
    }
  }
  const decompress = compression === 'gzip' ? createGunzip() : compression === 'zstd' ? createZstdDecompress() : undefined
  try {
    await Promise.all([decompress ? pipeline(source, decompress, tar) : pipeline(source, tar), work()])
  } catch (error) {
    source.destroy()
    throw error
  }
  // Last, as unpacking into a folder changes its time.
  for (const { path, mtime } of folders)
    if (lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) utimesSync(path, mtime, mtime)
  return marks
}

/**
 * Unpacks archives that strangers made: nothing is written outside of the target, by no path and through no link; no devices; bounded in
 * entries and size, so that a small archive cannot fill the disk.
 */
import { createWriteStream } from 'node:fs'
import { link, lstat, mkdir, rm, symlink } from 'node:fs/promises'
import { join, posix, resolve, sep } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { extract } from 'tar-stream'
import { BuildFailure, codeOf } from '../failure/index.ts'

export interface UnpackLimits {
  /** Default 200,000. */
  entries?: number
  /** Bytes in all; default 8 GiB. */
  bytes?: number
  /** Bytes unpacked for each byte of the archive, once more than 64 MiB were unpacked; default 200. */
  ratio?: number
}

export interface UnpackOptions {
  target: string
  limits?: UnpackLimits
  /** Leading parts of each path to drop, as tar's --strip-components. */
  strip?: number
  /** Bytes of the archive that were read so far, for the ratio. */
  read?: () => number
}

const unsafe = (name: string, problem: string) =>
  new BuildFailure('UnsafeArchive', `the archive's entry ${JSON.stringify(name)} is refused: ${problem}`)

const ratioFrom = 64 << 20

/**
 * Where an entry goes, relative to the target. Pure.
 * @returns undefined for the target itself
 * @throws BuildFailure UnsafeArchive
 */
export function entryPath(name: string, strip = 0): string | undefined {
  if (name.includes('\0')) throw unsafe(name, 'its name has a zero byte')
  if (posix.isAbsolute(name) || /^[A-Za-z]:[\\/]/.test(name) || name.startsWith('\\')) throw unsafe(name, 'its path is absolute')
  const parts = name.split('/').filter(part => part !== '' && part !== '.')
  if (parts.includes('..')) throw unsafe(name, 'its path has ".."')
  return parts.slice(strip).join('/') || undefined
}

/**
 * Does a link stay inside? Pure: looks at the text only, as every folder on the way is checked to be none.
 * @param at where the link itself is
 */
export function linkStaysInside(at: string, target: string): boolean {
  if (target.includes('\0') || posix.isAbsolute(target)) return false
  const full = posix.normalize(posix.join(posix.dirname(at), target))
  return full !== '..' && !full.startsWith('../')
}

/** Makes the folders above a path, refusing to go through anything that is not a folder. */
async function makeParents(root: string, path: string, known: Set<string>): Promise<void> {
  const parts = path.split('/').slice(0, -1)
  for (let i = 1; i <= parts.length; i++) {
    const folder = parts.slice(0, i).join('/')
    if (known.has(folder)) continue
    const full = join(root, folder)
    try {
      await mkdir(full)
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error
      if (!(await lstat(full)).isDirectory()) throw unsafe(path, `its path goes through ${folder}, which is not a folder`)
    }
    known.add(folder)
  }
}

/** Unpacks a tar, which is already decompressed. @throws BuildFailure UnsafeArchive, ArchiveTooLarge, InvalidArchive */
export async function unpackTar(
  tar: Readable,
  { target, limits = {}, strip = 0, read }: UnpackOptions,
): Promise<{ entries: number; bytes: number }> {
  const { entries: maxEntries = 200_000, bytes: maxBytes = 8 * 2 ** 30, ratio = 200 } = limits
  const root = resolve(target)
  await mkdir(root, { recursive: true })
  const folders = new Set<string>()
  let entries = 0
  let bytes = 0
  const tooLarge = (problem: string) => new BuildFailure('ArchiveTooLarge', `the archive is refused: ${problem}`)

  async function* counted(body: AsyncIterable<Uint8Array>) {
    for await (const chunk of body) {
      bytes += chunk.byteLength
      if (bytes > maxBytes) throw tooLarge(`it unpacks to more than ${maxBytes} bytes`)
      if (read && bytes > ratioFrom && bytes > read() * ratio) throw tooLarge(`it unpacks to more than ${ratio} times its size`)
      yield chunk
    }
  }

  /** Takes away what is in an entry's place: a link there must be replaced, not written through. */
  async function clear(full: string, path: string): Promise<void> {
    const there = await lstat(full).catch(() => undefined)
    if (!there) return
    if (there.isDirectory()) throw unsafe(path, 'a folder is in its place')
    await rm(full)
  }

  async function write(
    path: string,
    header: { name: string; type?: string | null; linkname?: string | null; mode?: number },
    body: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const full = join(root, path)
    if (!full.startsWith(root + sep)) throw unsafe(header.name, 'it leaves the target')
    await makeParents(root, path, folders)
    switch (header.type) {
      case 'directory':
        await makeParents(root, `${path}/x`, folders)
        return
      case 'file':
      case 'contiguous-file':
        await clear(full, header.name)
        await pipeline(counted(body), createWriteStream(full, { flags: 'wx', mode: (header.mode ?? 0) & 0o111 ? 0o755 : 0o644 }))
        return
      case 'symlink':
        if (!linkStaysInside(path, header.linkname ?? ''))
          throw unsafe(header.name, `its link to ${JSON.stringify(header.linkname)} leaves the target`)
        await clear(full, header.name)
        await symlink(header.linkname!, full)
        return
      case 'link': {
        const from = entryPath(header.linkname ?? '', strip)
        if (!from) throw unsafe(header.name, 'its link names nothing')
        await makeParents(root, from, folders)
        if (!(await lstat(join(root, from)).catch(() => undefined))?.isFile())
          throw unsafe(header.name, `its link to ${JSON.stringify(header.linkname)} is not to a file of the archive`)
        await clear(full, header.name)
        await link(join(root, from), full)
        return
      }
      default:
        throw unsafe(header.name, `it is a ${header.type ?? 'thing of an unknown kind'}, not a file, folder or link`)
    }
  }

  const reader = extract()
  tar.on('error', error => reader.destroy(error))
  tar.pipe(reader as unknown as NodeJS.WritableStream)
  try {
    for await (const entry of reader) {
      if (++entries > maxEntries) throw tooLarge(`it has more than ${maxEntries} entries`)
      const path = entryPath(entry.header.name, strip)
      if (path) await write(path, entry.header, entry as AsyncIterable<Uint8Array>)
      entry.resume()
    }
  } catch (error) {
    const { message } = error as Error
    if (
      /Invalid tar header|Unexpected end of data|Invalid header|max size/i.test(message) ||
      /^(Z_|ZSTD_|ERR_ZSTD)/.test(codeOf(error) ?? '')
    )
      throw new BuildFailure('InvalidArchive', `the archive is damaged or no tar: ${message}`)
    throw error
  } finally {
    tar.destroy()
  }
  return { entries, bytes }
}

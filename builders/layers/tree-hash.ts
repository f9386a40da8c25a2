/** What a layer's content depends on, as one hash: paths, kinds, the executable bit and contents; not times, owners or the folder's name. */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import type { TreeEntry } from './source-tree.ts'

const small = 1 << 20

/** Hashes a file in pieces, so that memory stays flat. */
async function hashFile(path: string, buffer: Buffer): Promise<string> {
  const hash = createHash('sha256')
  const file = await open(path, 'r')
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, buffer.length)
      if (!bytesRead) break
      hash.update(buffer.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
  return hash.digest('hex')
}

/** Hashes a list in order, with a few files being read at once. @returns hexadecimal */
export async function hashTree(entries: readonly TreeEntry[], settings: string): Promise<string> {
  const sums = new Array<string>(entries.length)
  let next = 0
  const work = async () => {
    const buffer = Buffer.allocUnsafe(
      Math.min(small, Math.max(4096, ...entries.slice(0, 1000).map(e => Math.min(e.size, small)))),
    )
    for (let i = next++; i < entries.length; i = next++)
      if (entries[i]!.type === 'file') sums[i] = await hashFile(entries[i]!.file, buffer)
  }
  await Promise.all(Array.from({ length: Math.min(4, entries.length) }, work))
  const hash = createHash('sha256').update(`${settings}\n`)
  for (const [i, { path, type, executable, target }] of entries.entries())
    hash.update(JSON.stringify([path, type, type === 'file' && executable, target ?? '', sums[i] ?? '']))
  return hash.digest('hex')
}

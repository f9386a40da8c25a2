/**
 * Writes the files of a volume so that a reader sees all of the old or all of the new ones: they lie in a folder named by time, `..data`
 * is a link to it and is replaced by a rename, and what the user sees are links through `..data`. Source: kubelet pkg/volume/util/atomic_writer.go
 */
import { chown, lchown, mkdir, readdir, readFile, readlink, rename, rm, symlink, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { VolumeFiles } from './volume-files.ts'

const dataLink = '..data'

async function isCurrent(dir: string, files: VolumeFiles): Promise<boolean> {
  const data = await readlink(join(dir, dataLink)).catch(() => undefined)
  if (!data) return false
  const found = await readdir(join(dir, data), { recursive: true, withFileTypes: true }).catch(() => [])
  if (found.filter(e => e.isFile()).length !== files.size) return false
  for (const [path, { content }] of files) {
    const present = await readFile(join(dir, data, path)).catch(() => undefined)
    if (!present?.equals(content)) return false
  }
  return true
}

/**
 * @param group owns the files too, where the pod has an fsGroup
 * @returns whether anything changed
 */
export async function writeAtomically(dir: string, files: VolumeFiles, group?: number): Promise<boolean> {
  await mkdir(dir, { recursive: true, mode: 0o755 })
  if (await isCurrent(dir, files)) return false
  const before = await readlink(join(dir, dataLink)).catch(() => undefined)
  const stamp = `..${new Date()
    .toISOString()
    .replace(/[-:]/g, '_')
    .replace(/\.\d+Z$/, '')}.${Math.floor(Math.random() * 2 ** 31)}`
  const fresh = join(dir, stamp)
  await mkdir(fresh, { mode: 0o755 })
  for (const [path, { content, mode }] of files) {
    await mkdir(dirname(join(fresh, path)), { recursive: true, mode: 0o755 })
    await writeFile(join(fresh, path), content, { mode: group === undefined ? mode : mode | ((mode & 0o400) >> 3) })
    if (group !== undefined) await chown(join(fresh, path), 0, group)
  }
  await symlink(stamp, join(dir, `${dataLink}_tmp`))
  await rename(join(dir, `${dataLink}_tmp`), join(dir, dataLink))
  const tops = new Set([...files.keys()].map(path => path.split('/')[0]!))
  for (const name of await readdir(dir)) if (!name.startsWith('..') && !tops.has(name)) await unlink(join(dir, name))
  for (const name of tops) {
    await symlink(join(dataLink, name), join(dir, name)).catch(error => {
      if (error.code !== 'EEXIST') throw error
    })
    if (group !== undefined) await lchown(join(dir, name), 0, group)
  }
  if (before) await rm(join(dir, before), { recursive: true, force: true })
  return true
}

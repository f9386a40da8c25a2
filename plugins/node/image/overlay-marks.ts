/**
 * Puts whiteouts into an unpacked layer in overlayfs' own form (overlayfs.rst, "whiteouts and opaque directories"): a character device
 * 0/0, and an attribute on a folder. Node can make neither; but the kernel does when something is removed in an overlay, so they are
 * minted in one and moved into place.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mustRun, runCommand } from '../runtime/run-command.ts'
import { insideOf } from './inside.ts'
import type { LayerMarks } from './unpack-layer.ts'

/** @param scratch a folder on the same file system as the layer */
export async function applyOverlayMarks(layer: string, { whiteouts, opaque }: LayerMarks, scratch: string): Promise<void> {
  if (!whiteouts.length && !opaque.length) return
  const dir = await mkdtemp(join(scratch, 'marks-'))
  const [lower, upper, work, merged] = ['l', 'u', 'w', 'm'].map(name => join(dir, name)) as [string, string, string, string]
  for (const each of [lower, upper, work, merged]) mkdirSync(each)
  const hidden = whiteouts.map((path, i) => ({ path, name: `w${i}` }))
  const emptied = opaque.map((path, i) => ({ path, name: `o${i}` }))
  for (const { name } of hidden) writeFileSync(join(lower, name), '')
  for (const { name } of emptied) mkdirSync(join(lower, name))
  try {
    await mustRun('mount', ['-t', 'overlay', 'overlay', '-o', `lowerdir=${lower},upperdir=${upper},workdir=${work}`, merged])
    try {
      for (const { name } of [...hidden, ...emptied]) rmSync(join(merged, name), { recursive: true })
      for (const { name } of emptied) mkdirSync(join(merged, name))
    } finally {
      await runCommand('umount', [merged])
    }
    for (const { path, name } of hidden) {
      const target = insideOf(layer, path)
      mkdirSync(dirname(target), { recursive: true })
      // The layer brings a new file under the name itself: that hides the lower one already. A folder has to be opaque.
      const found = lstatSync(target, { throwIfNoEntry: false })
      if (!found) renameSync(join(upper, name), target)
    }
    for (const { path, name } of emptied) {
      const target = path === '/' ? undefined : insideOf(layer, path)
      if (target) makeOpaque(target, join(upper, name))
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Moves what a folder holds into a minted one and puts that in its place. */
function makeOpaque(target: string, minted: string): void {
  if (existsSync(target)) {
    for (const name of readdirSync(target)) renameSync(join(target, name), join(minted, name))
    copyAttributes(target, minted)
    rmSync(target, { recursive: true })
  }
  mkdirSync(dirname(target), { recursive: true })
  renameSync(minted, target)
}

function copyAttributes(from: string, to: string): void {
  const { mode, uid, gid, atime, mtime } = statSync(from)
  chownSync(to, uid, gid)
  chmodSync(to, mode & 0o7777)
  utimesSync(to, atime, mtime)
}

/** The root file system of a container: its image's layers under a writable one, by overlayfs; where that does not work, a copy. */
import { mkdir, rm, rmdir } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { mustRun, runCommand } from './run-command.ts'

export interface RootFs {
  readonly kind: 'overlay' | 'copy'
  /** Makes `DIR/rootfs`. @param layers lowest first */
  mount(dir: string, layers: string[]): Promise<void>
  unmount(dir: string): Promise<void>
}

/** overlayfs(5) takes the upper layer first, and separates paths by colons; relative ones keep a long list below the limit of one page. */
export function overlayOptions(dir: string, layers: string[], cwd: string, volatile = false): string {
  const lower = layers.toReversed().map(layer => relative(cwd, layer).replaceAll('\\', '\\\\').replaceAll(':', '\\:'))
  return `lowerdir=${lower.join(':')},upperdir=${join(dir, 'upper')},workdir=${join(dir, 'work')}${volatile ? ',volatile' : ''}`
}

/** @param volatile without it, each unmount would sync the whole disk; what a container wrote is thrown away then anyway (Linux 5.10) */
const overlay = (volatile: boolean): RootFs => ({
  kind: 'overlay',
  async mount(dir, layers) {
    await Promise.all(['rootfs', 'upper', 'work'].map(name => mkdir(join(dir, name), { recursive: true })))
    const cwd = dirname(layers[0]!)
    await mustRun('mount', ['-t', 'overlay', 'overlay', '-o', overlayOptions(dir, layers, cwd, volatile), join(dir, 'rootfs')], {
      cwd,
    })
  },
  async unmount(dir) {
    const target = join(dir, 'rootfs')
    // More than once: a run that was killed in the middle of a start may have left a mount below.
    for (let i = 0; i < 4; i++) {
      const { code, stderr } = await runCommand('umount', [target])
      // Busy for a moment after the last process ended: detach it now, the kernel frees it when it can.
      if (code !== 0 && /busy/.test(stderr)) await runCommand('umount', ['-l', target])
      const removed = await rmdir(target).then(
        () => true,
        error => error.code !== 'EBUSY',
      )
      if (removed) break
    }
    await Promise.all(
      ['upper', 'work', 'rootfs'].map(name =>
        rm(join(dir, name), { recursive: true, force: true, maxRetries: 2 }).catch(() => {}),
      ),
    )
  },
})

const copy: RootFs = {
  kind: 'copy',
  async mount(dir, layers) {
    const target = join(dir, 'rootfs')
    await mkdir(target, { recursive: true })
    for (const layer of layers) await mustRun('cp', ['-a', '--reflink=auto', `${layer}/.`, target])
  },
  async unmount(dir) {
    await rm(join(dir, 'rootfs'), { recursive: true, force: true })
  },
}

/** Tries overlayfs on the folder's file system (an overlay cannot be the upper layer of another, for one). */
export async function chooseRootFs(scratch: string): Promise<RootFs> {
  for (const choice of [overlay(true), overlay(false)]) {
    const dir = join(scratch, 'overlay-trial')
    // Of a run that was killed in its trial: a volatile overlay may not be mounted again.
    await choice.unmount(dir).catch(() => {})
    await rm(dir, { recursive: true, force: true })
    await mkdir(join(dir, 'lower'), { recursive: true })
    try {
      await choice.mount(dir, [join(dir, 'lower')])
      return choice
    } catch {
    } finally {
      await choice.unmount(dir)
      await rm(dir, { recursive: true, force: true })
    }
  }
  return copy
}

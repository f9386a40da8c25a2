/**
 * Control groups, version 1 (also mounted beside an empty version 2, "hybrid") or version 2 alone. The groups of one instance lie below
 * one parent: `slipway/INSTANCE/pods/UID/CONTAINER`, and `…/builds/UID/…` with a quarter of the weight for pods that build.
 */
import { mkdir, readdir, readFile, rmdir, statfs, writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { ContainerStats } from './container-runtime.ts'

const mountPoint = '/sys/fs/cgroup'
const cgroup2Magic = 0x63677270

export interface Cgroups {
  readonly version: 1 | 2
  /** The parent of all groups of this instance, as in a spec's cgroupsPath. */
  readonly parent: string
  /** Makes the parents and sets their weights. Controllers that are missing are left out. */
  prepare(): Promise<void>
  stats(path: string): Promise<ContainerStats | undefined>
  /** How often the kernel ended a process of this group at its memory limit. */
  oomKills(path: string): Promise<number>
  /** Removes a group and those below it, once they are empty. Returns whether nothing is left. */
  remove(path: string): Promise<boolean>
}

const text = async (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined)
const number = async (path: string): Promise<number> => Number((await text(path)) ?? 0)
const field = (content: string | undefined, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)`, 'm').exec(content ?? '')?.[1] ?? 0)

/** The mount points of the hierarchies: all of v1's, or the one of v2. */
async function hierarchies(version: 1 | 2): Promise<string[]> {
  if (version === 2) return [mountPoint]
  const names = await readdir(mountPoint).catch(() => [])
  return names.map(name => join(mountPoint, name))
}

async function removeTree(path: string): Promise<boolean> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => undefined)
  if (!entries) return true
  const below = await Promise.all(entries.filter(e => e.isDirectory()).map(e => removeTree(join(path, e.name))))
  return (
    below.every(Boolean) &&
    (await rmdir(path).then(
      () => true,
      error => error.code === 'ENOENT',
    ))
  )
}

export async function openCgroups(instance: string): Promise<Cgroups> {
  const version = (await statfs(mountPoint)).type === cgroup2Magic ? 2 : 1
  const roots = await hierarchies(version)
  const parent = `/slipway/${instance}`
  const at = (controller: string, path: string) => join(mountPoint, version === 1 ? controller : '', path)

  const setWeight = async (path: string, shares: number) => {
    await mkdir(at('cpu', path), { recursive: true }).catch(() => {})
    if (version === 1) return writeFile(join(at('cpu', path), 'cpu.shares'), String(shares)).catch(() => {})
    // Weight 100 is what 1024 shares are (kernel documentation cgroup-v2.rst, "cpu.weight").
    return writeFile(
      join(at('cpu', path), 'cpu.weight'),
      String(Math.min(10_000, Math.max(1, Math.round((shares / 1024) * 100)))),
    ).catch(() => {})
  }
  const delegate = async (path: string) => {
    for (const controller of ['cpu', 'memory', 'pids'])
      await writeFile(join(mountPoint, path, 'cgroup.subtree_control'), `+${controller}`).catch(() => {})
  }

  return {
    version,
    parent,
    async prepare() {
      // As kubelet's own group: as much weight as there are cores, or a busy machine would give all pods the share of one task.
      const whole = availableParallelism() * 1024
      for (const path of ['/slipway', parent]) await setWeight(path, whole)
      for (const [group, shares] of [
        ['pods', whole],
        ['builds', whole / 4],
      ] as [string, number][]) {
        if (version === 2) {
          await mkdir(at('', `${parent}/${group}`), { recursive: true }).catch(() => {})
          for (const path of ['', '/slipway', parent, `${parent}/${group}`]) await delegate(path)
        }
        await setWeight(`${parent}/${group}`, shares)
      }
    },
    async stats(path) {
      if (version === 1) {
        const usage = await text(join(at('memory', path), 'memory.usage_in_bytes'))
        if (usage === undefined) return undefined
        const stat = await text(join(at('memory', path), 'memory.stat'))
        return {
          cpuNanos: await number(join(at('cpuacct', path), 'cpuacct.usage')),
          memoryBytes: Number(usage),
          workingSetBytes: Math.max(0, Number(usage) - field(stat, 'total_inactive_file')),
          pids: await number(join(at('pids', path), 'pids.current')),
        }
      }
      const usage = await text(join(at('', path), 'memory.current'))
      if (usage === undefined) return undefined
      const stat = await text(join(at('', path), 'memory.stat'))
      return {
        cpuNanos: field(await text(join(at('', path), 'cpu.stat')), 'usage_usec') * 1000,
        memoryBytes: Number(usage),
        workingSetBytes: Math.max(0, Number(usage) - field(stat, 'inactive_file')),
        pids: await number(join(at('', path), 'pids.current')),
      }
    },
    oomKills: async path =>
      version === 1
        ? field(await text(join(at('memory', path), 'memory.oom_control')), 'oom_kill')
        : field(await text(join(at('', path), 'memory.events')), 'oom_kill'),
    async remove(path) {
      return (await Promise.all(roots.map(root => removeTree(join(root, path))))).every(Boolean)
    },
  }
}

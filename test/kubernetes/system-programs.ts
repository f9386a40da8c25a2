/**
 * What a node needs of the machine: from PATH, else installed by apt where we are root. containerd alone is unpacked into the cache instead:
 * its package would start a daemon, and the tests bring their own.
 */
import { access, constants, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram, runCommand, tryCommand } from '../harness/run-command.ts'
import { withLock } from './build-lock.ts'
import { cacheFolder } from './cache-folder.ts'
import { KubernetesUnavailable } from './unavailable.ts'

/** Program to Debian package. */
const packages = {
  ip: 'iproute2',
  nft: 'nftables',
  runc: 'runc',
  busybox: 'busybox-static',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  openssl: 'openssl',
} as const

const there = (file: string) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  )

async function findContainerd(): Promise<string> {
  const own = join(cacheFolder(), 'containerd')
  if (await there(join(own, 'usr/bin/containerd'))) return join(own, 'usr/bin')
  const installed = await findProgram('containerd')
  if (installed) return join(installed, '..')
  await mkdir(own, { recursive: true })
  return withLock(join(cacheFolder(), 'containerd.lock'), async () => {
    if (await there(join(own, 'usr/bin/containerd'))) return join(own, 'usr/bin')
    const partial = `${own}.partial`
    await mkdir(partial, { recursive: true })
    await tryCommand('apt-get', ['update', '-q'])
    await runCommand('apt-get', ['download', '-q', 'containerd'], { cwd: partial })
    await runCommand('sh', ['-c', 'dpkg -x containerd_*.deb . && rm containerd_*.deb'], { cwd: partial })
    await rm(own, { recursive: true, force: true })
    await rename(partial, own)
    return join(own, 'usr/bin')
  })
}

export interface SystemPrograms {
  /** The folder of containerd, its shim and ctr. */
  containerdFolder: string
  runc: string
  busybox: string
}

/** @throws KubernetesUnavailable naming what is missing */
export async function findSystemPrograms(): Promise<SystemPrograms> {
  if (process.platform !== 'linux')
    throw new KubernetesUnavailable('NotLinux', `a node runs on Linux only, this is ${process.platform}`)
  if (process.getuid?.() !== 0)
    throw new KubernetesUnavailable('NotRoot', 'a node needs root: namespaces, mounts and cgroups are made for it')
  const missing = new Set<string>()
  for (const [program, debianPackage] of Object.entries(packages)) if (!(await findProgram(program))) missing.add(debianPackage)
  if (missing.size) {
    if (!(await findProgram('apt-get')))
      throw new KubernetesUnavailable('MissingProgram', `install ${[...missing].join(', ')}: a node needs them`)
    await tryCommand('apt-get', ['update', '-q'])
    const { code, stderr } = await tryCommand('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...missing], {
      env: { DEBIAN_FRONTEND: 'noninteractive' },
    })
    if (code !== 0)
      throw new KubernetesUnavailable(
        'MissingProgram',
        `apt-get install ${[...missing].join(' ')} failed: ${stderr.trim().slice(-500)}`,
      )
  }
  try {
    const [containerdFolder, runc, busybox] = [await findContainerd(), await findProgram('runc'), await findProgram('busybox')]
    return { containerdFolder, runc: runc!, busybox: busybox! }
  } catch (error) {
    throw new KubernetesUnavailable(
      'MissingProgram',
      `containerd cannot be had: ${error instanceof Error ? error.message : error}`,
      error,
    )
  }
}

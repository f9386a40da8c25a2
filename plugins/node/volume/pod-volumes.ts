/** Makes, refreshes and removes the volumes of a pod on disk. */
import { chmod, chown, mkdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type k8s, parseQuantity } from '@slipway/core/api'
import { mustRun, runCommand } from '../runtime/run-command.ts'
import { writeAtomically } from './atomic-writer.ts'
import { filesOfVolume, holdsSecrets, isFileVolume, VolumeError, type VolumeInputs } from './volume-files.ts'

export interface PodVolumes {
  /** @returns each volume's folder or file on this machine. @throws VolumeError */
  setUp(pod: k8s.Pod, podDir: string, inputs: VolumeInputs): Promise<Record<string, string>>
  /** Writes what has changed of configMaps, secrets and tokens; running containers see it. */
  refresh(pod: k8s.Pod, podDir: string, inputs: VolumeInputs): Promise<void>
  tearDown(pod: k8s.Pod, podDir: string): Promise<void>
}

export interface VolumeOptions {
  /** A folder in memory, for what is secret. */
  secretsDir: string
  allowHostPath: boolean
}

const supported = 'emptyDir, configMap, secret, downwardAPI, projected and hostPath'

export function podVolumes({ secretsDir, allowHostPath }: VolumeOptions): PodVolumes {
  const placeOf = (pod: k8s.Pod, podDir: string, volume: k8s.Volume): string =>
    holdsSecrets(volume) ? join(secretsDir, pod.metadata.uid!, volume.name) : join(podDir, 'volumes', volume.name)
  const groupOf = (pod: k8s.Pod) => pod.spec.securityContext?.fsGroup

  async function emptyDir(pod: k8s.Pod, dir: string, { medium, sizeLimit }: NonNullable<k8s.Volume['emptyDir']>): Promise<void> {
    await mkdir(dir, { recursive: true })
    const own = async () => {
      await chmod(dir, 0o777)
      const group = groupOf(pod)
      if (group === undefined) return
      await chown(dir, 0, group)
      await chmod(dir, 0o2777)
    }
    if (medium === 'Memory') {
      const mounted = (await stat(dir)).dev !== (await stat(join(dir, '..'))).dev
      const size = sizeLimit ? [`size=${parseQuantity(sizeLimit)}`] : []
      if (!mounted) await mustRun('mount', ['-t', 'tmpfs', '-o', ['nosuid', 'nodev', ...size].join(','), 'tmpfs', dir])
    } else if (medium) throw new VolumeError(`emptyDir medium ${JSON.stringify(medium)} is not supported; use "" or Memory`)
    await own()
  }

  async function hostPath({ path, type = '' }: NonNullable<k8s.Volume['hostPath']>): Promise<string> {
    if (!allowHostPath)
      throw new VolumeError('hostPath volumes are off on this node; set plugins.node.allowHostPath to true to allow them')
    const found = await stat(path).catch(() => undefined)
    if (type === 'DirectoryOrCreate' && !found) await mkdir(path, { recursive: true, mode: 0o755 })
    else if (type === 'FileOrCreate' && !found) await writeFile(path, '', { mode: 0o644 })
    else {
      const fits: Record<string, boolean | undefined> = {
        '': found !== undefined,
        Directory: found?.isDirectory(),
        File: found?.isFile(),
        Socket: found?.isSocket(),
      }
      if (fits[type] === false || (!found && type !== ''))
        throw new VolumeError(`hostPath type check failed: ${path} is not a ${type.toLowerCase() || 'path that exists'}`)
    }
    return path
  }

  async function setUpOne(pod: k8s.Pod, podDir: string, volume: k8s.Volume, inputs: VolumeInputs): Promise<string> {
    const place = placeOf(pod, podDir, volume)
    if (volume.hostPath) return hostPath(volume.hostPath)
    if (isFileVolume(volume)) await writeAtomically(place, filesOfVolume(volume, inputs), groupOf(pod))
    else if (volume.emptyDir) await emptyDir(pod, place, volume.emptyDir)
    else
      throw new VolumeError(
        `volumes of type ${Object.keys(volume).find(k => k !== 'name') ?? 'none'} are not supported on this node; it has ${supported}`,
      )
    return place
  }

  return {
    async setUp(pod, podDir, inputs) {
      const entries = await Promise.all(
        (pod.spec.volumes ?? []).map(async volume => {
          try {
            return [volume.name, await setUpOne(pod, podDir, volume, inputs)] as const
          } catch (error) {
            throw new VolumeError(
              `MountVolume.SetUp failed for volume ${JSON.stringify(volume.name)} : ${(error as Error).message}`,
            )
          }
        }),
      )
      return Object.fromEntries(entries)
    },
    async refresh(pod, podDir, inputs) {
      for (const volume of pod.spec.volumes ?? [])
        if (isFileVolume(volume)) await writeAtomically(placeOf(pod, podDir, volume), filesOfVolume(volume, inputs), groupOf(pod))
    },
    async tearDown(pod, podDir) {
      for (const volume of pod.spec.volumes ?? [])
        if (volume.emptyDir?.medium === 'Memory') await runCommand('umount', ['-l', placeOf(pod, podDir, volume)])
      await rm(join(secretsDir, pod.metadata.uid!), { recursive: true, force: true })
      await rm(join(podDir, 'volumes'), { recursive: true, force: true })
    },
  }
}

/** One folder in memory for all secrets of this node, so that none is ever written to a disk. */
export async function mountSecretsDir(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o711 })
  if ((await stat(dir)).dev === (await stat(join(dir, '..'))).dev)
    await mustRun('mount', ['-t', 'tmpfs', '-o', 'nosuid,nodev,noexec,mode=711', 'tmpfs', dir])
}

/** What of a pod's volumes a container sees, and where. Source: kubelet's makeMounts (kubelet_pods.go) and subpath_linux.go */
import { lstat, mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { k8s } from '@slipway/core/api'
import { insideOf, PathEscape } from '../image/inside.ts'
import { ConfigError } from '../pod/downward.ts'
import { expand } from '../pod/environment.ts'
import type { Mount } from '../runtime/container-runtime.ts'

const propagation = { None: 'private', HostToContainer: 'slave', Bidirectional: 'shared' } as const

/** A part of a volume; links inside the volume never lead out of it. A folder is made where nothing is. */
async function subPathOf(volume: string, subPath: string): Promise<string> {
  if (subPath.startsWith('/') || subPath.split('/').includes('..'))
    throw new ConfigError(`subPath ${JSON.stringify(subPath)} must be relative and must not contain '..'`)
  let place: string
  try {
    // The last part may be a link too, as in configMap volumes (key → ..data/key).
    place = insideOf(volume, subPath, undefined, true)
  } catch (error) {
    if (error instanceof PathEscape) throw new ConfigError(`subPath ${JSON.stringify(subPath)}: ${error.message}`)
    throw error
  }
  if (!(await lstat(place).catch(() => undefined))) await mkdir(place, { recursive: true, mode: 0o750 })
  return place
}

/**
 * @param places each volume's folder on this machine
 * @throws ConfigError
 */
export async function mountsOf(
  container: k8s.Container,
  places: Record<string, string>,
  env: Record<string, string>,
): Promise<Mount[]> {
  const mounts: Mount[] = []
  for (const mount of container.volumeMounts ?? []) {
    const volume = places[mount.name]
    if (volume === undefined)
      throw new ConfigError(`volume ${JSON.stringify(mount.name)} of container ${container.name} is not in the pod's volumes`)
    const subPath = mount.subPathExpr
      ? expand(mount.subPathExpr, name => {
          if (env[name] === undefined)
            throw new ConfigError(`missing value for "$(${name})" in subPathExpr of container ${container.name}`)
          return env[name]
        })
      : mount.subPath
    mounts.push({
      source: subPath ? await subPathOf(volume, subPath) : volume,
      destination: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      readonly: mount.readOnly ?? false,
      propagation: propagation[(mount.mountPropagation ?? 'None') as keyof typeof propagation],
    })
  }
  // A mount below another comes after it.
  return mounts.sort((a, b) => a.destination.length - b.destination.length)
}

/** A file to be bound into containers. */
export async function writeMountFile(path: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content, { mode })
}

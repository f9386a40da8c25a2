/** The files of configMap, secret, downwardAPI and projected volumes. Pure. Source: kubelet pkg/volume/{configmap,secret,downwardapi,projected} */
import type { k8s } from '@slipway/core/api'
import { fieldOfPod, type PodFacts, resourceOfContainer } from '../pod/downward.ts'

export interface VolumeFile {
  content: Buffer
  mode: number
}
/** By path inside the volume. */
export type VolumeFiles = Map<string, VolumeFile>

/** Something that a volume refers to is missing; shown in the event FailedMount. */
export class VolumeError extends Error {
  readonly reason = 'FailedMount'
}

interface KeyToPath {
  key: string
  path: string
  mode?: number
}
interface Source {
  kind: 'configmap' | 'secret'
  name: string
  items?: KeyToPath[]
  optional?: boolean
}

const defaultMode = 0o644

/** @throws VolumeError when the path could leave the volume */
function safePath(path: string): string {
  if (!path || path.startsWith('/') || path.split('/').includes('..'))
    throw new VolumeError(`invalid path ${JSON.stringify(path)}: must be relative and must not contain '..'`)
  return path.replace(/^\.\//, '')
}

/** All the data of an object, bytes. */
export function dataOf(object: k8s.ConfigMap | k8s.Secret): Map<string, Buffer> {
  const isSecret = object.kind === 'Secret'
  const binary = (object as k8s.ConfigMap).binaryData ?? {}
  return new Map([
    ...Object.entries(object.data ?? {}).map(([key, value]): [string, Buffer] => [
      key,
      Buffer.from(value, isSecret ? 'base64' : 'utf8'),
    ]),
    ...Object.entries(isSecret ? {} : binary).map(([key, value]): [string, Buffer] => [key, Buffer.from(value, 'base64')]),
  ])
}

export function filesOfObject(
  { kind, name, items, optional }: Source,
  object: k8s.ConfigMap | k8s.Secret | undefined,
  mode: number,
): VolumeFiles {
  if (!object) {
    if (optional) return new Map()
    throw new VolumeError(`${kind} ${JSON.stringify(name)} not found`)
  }
  const data = dataOf(object)
  if (!items?.length) return new Map([...data].map(([key, content]) => [key, { content, mode }]))
  const files: VolumeFiles = new Map()
  for (const item of items) {
    const content = data.get(item.key)
    if (content) files.set(safePath(item.path), { content, mode: item.mode ?? mode })
    else if (!optional)
      throw new VolumeError(`references non-existent ${kind === 'secret' ? 'secret' : 'config'} key: ${item.key}`)
  }
  return files
}

export interface VolumeInputs {
  configMap(name: string): k8s.ConfigMap | undefined
  secret(name: string): k8s.Secret | undefined
  /** A token for this audience and lifetime, fetched before. */
  token(audience: string | undefined, seconds: number): string
  facts: PodFacts
}

type DownwardItem = {
  path: string
  mode?: number
  fieldRef?: { fieldPath: string }
  resourceFieldRef?: { containerName?: string; resource: string; divisor?: string }
}

const downwardFiles = (items: DownwardItem[], mode: number, facts: PodFacts): VolumeFiles =>
  new Map(
    items.map(({ path, mode: own, fieldRef, resourceFieldRef }) => {
      const text = fieldRef
        ? fieldOfPod(fieldRef.fieldPath, facts)
        : resourceFieldRef
          ? resourceOfContainer(resourceFieldRef, '', facts)
          : ''
      return [safePath(path), { content: Buffer.from(text), mode: own ?? mode }]
    }),
  )

export const isFileVolume = (volume: k8s.Volume): boolean =>
  Boolean(volume.configMap ?? volume.secret ?? volume.downwardAPI ?? volume.projected)
export const holdsSecrets = (volume: k8s.Volume): boolean => Boolean(volume.secret ?? volume.projected)

/** @throws VolumeError */
export function filesOfVolume(volume: k8s.Volume, inputs: VolumeInputs): VolumeFiles {
  const { configMap, secret, downwardAPI, projected } = volume
  if (configMap) {
    const name = configMap.name ?? ''
    return filesOfObject({ kind: 'configmap', ...configMap, name }, inputs.configMap(name), configMap.defaultMode ?? defaultMode)
  }
  if (secret) {
    const name = secret.secretName ?? ''
    return filesOfObject(
      { kind: 'secret', items: secret.items, optional: secret.optional, name },
      inputs.secret(name),
      secret.defaultMode ?? defaultMode,
    )
  }
  if (downwardAPI) return downwardFiles(downwardAPI.items ?? [], downwardAPI.defaultMode ?? defaultMode, inputs.facts)
  const files: VolumeFiles = new Map()
  const mode = projected?.defaultMode ?? defaultMode
  for (const source of projected?.sources ?? []) {
    const add = (more: VolumeFiles) => {
      for (const [path, file] of more) files.set(path, file)
    }
    if (source.configMap) {
      const name = source.configMap.name ?? ''
      add(filesOfObject({ kind: 'configmap', ...source.configMap, name }, inputs.configMap(name), mode))
    } else if (source.secret) {
      const name = source.secret.name ?? ''
      add(filesOfObject({ kind: 'secret', ...source.secret, name }, inputs.secret(name), mode))
    } else if (source.downwardAPI) add(downwardFiles(source.downwardAPI.items ?? [], mode, inputs.facts))
    else if (source.serviceAccountToken) {
      const { path, audience, expirationSeconds = 3600 } = source.serviceAccountToken
      // A token is for its owner alone, whatever the volume's mode says. Source: kubelet projected volume
      add(
        new Map([
          [
            safePath(path),
            {
              content: Buffer.from(inputs.token(audience, expirationSeconds)),
              mode: inputs.facts.pod.spec.securityContext?.fsGroup === undefined ? 0o644 : 0o640,
            },
          ],
        ]),
      )
    } else
      throw new VolumeError(
        `projected volume ${JSON.stringify(volume.name)} has a source that this node does not know: ${Object.keys(source).join(', ')}`,
      )
  }
  return files
}

/** What must be fetched before the files of a pod's volumes can be made. */
export function referencedByVolumes(volumes: k8s.Volume[] = []): {
  configMaps: Set<string>
  secrets: Set<string>
  tokens: { audience?: string; seconds: number }[]
} {
  const configMaps = new Set<string>()
  const secrets = new Set<string>()
  const tokens: { audience?: string; seconds: number }[] = []
  for (const { configMap, secret, projected } of volumes) {
    if (configMap?.name) configMaps.add(configMap.name)
    if (secret?.secretName) secrets.add(secret.secretName)
    for (const source of projected?.sources ?? []) {
      if (source.configMap?.name) configMaps.add(source.configMap.name)
      if (source.secret?.name) secrets.add(source.secret.name)
      if (source.serviceAccountToken) {
        const { audience, expirationSeconds: seconds = 3600 } = source.serviceAccountToken
        tokens.push({ ...(audience && { audience }), seconds })
      }
    }
  }
  return { configMaps, secrets, tokens }
}

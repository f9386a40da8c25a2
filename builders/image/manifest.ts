/**
 * OCI image values (opencontainers/image-spec v1.1: descriptor.md, manifest.md, image-index.md, config.md). They are immutable: a change
 * makes a new value. What is serialised here has a fixed key order, so that equal content has an equal digest.
 */
import { BuildFailure } from '../failure/index.ts'
import { type Digest, isDigest, sha256 } from './digest.ts'
import { isIndexType, mediaType } from './media-type.ts'
import type { Platform } from './platform.ts'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Bytes. */
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
  readonly platform?: Platform
}

export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly config: Descriptor
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

export interface Index {
  readonly schemaVersion: 2
  readonly mediaType?: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

export interface ImageConfig {
  readonly created?: string
  readonly author?: string
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  readonly config?: ContainerConfig
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] }
  readonly history?: readonly History[]
}

/** How a container of the image is run when the pod does not say otherwise. */
export interface ContainerConfig {
  readonly User?: string
  readonly ExposedPorts?: Readonly<Record<string, Record<string, never>>>
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Volumes?: Readonly<Record<string, Record<string, never>>>
  readonly WorkingDir?: string
  readonly Labels?: Readonly<Record<string, string>>
  readonly StopSignal?: string
}

export interface History {
  readonly created?: string
  readonly created_by?: string
  readonly comment?: string
  readonly empty_layer?: boolean
}

/** Bytes as they are stored, what describes them, and what they say. */
export interface Stored<T> {
  readonly descriptor: Descriptor
  readonly bytes: Buffer
  readonly value: T
}

/** Serialises a manifest, an index or a config as it will be stored. */
export function stored<T extends object>(value: T, type: string): Stored<T> {
  const bytes = Buffer.from(JSON.stringify(value))
  return { value, bytes, descriptor: { mediaType: type, digest: sha256(bytes), size: bytes.byteLength } }
}

export const imageManifest = (config: Descriptor, layers: readonly Descriptor[], annotations?: Record<string, string>) =>
  stored<Manifest>(
    { schemaVersion: 2, mediaType: mediaType.manifest, config, layers, ...(annotations && { annotations }) },
    mediaType.manifest,
  )

export const imageIndex = (manifests: readonly Descriptor[], annotations?: Record<string, string>) =>
  stored<Index>({ schemaVersion: 2, mediaType: mediaType.index, manifests, ...(annotations && { annotations }) }, mediaType.index)

export const isIndex = (value: Manifest | Index): value is Index => 'manifests' in value

const invalidManifest = (what: string, problem: string) =>
  new BuildFailure('InvalidManifest', `${what} is not a valid image manifest: ${problem}`)

function checkDescriptor(value: unknown, where: string, what: string): void {
  const { mediaType: type, digest, size } = (value ?? {}) as Partial<Descriptor>
  if (typeof type !== 'string' || !type) throw invalidManifest(what, `${where}.mediaType is missing`)
  if (typeof digest !== 'string' || !isDigest(digest)) throw invalidManifest(what, `${where}.digest is missing or malformed`)
  if (!Number.isSafeInteger(size) || size! < 0) throw invalidManifest(what, `${where}.size is missing or malformed`)
}

/**
 * Reads a manifest or an index and checks its form.
 * @param type the media type it was served under; its own `mediaType` field wins
 * @param what names it in errors
 * @throws BuildFailure InvalidManifest
 */
export function parseManifest(bytes: Uint8Array, type: string, what: string): { mediaType: string; value: Manifest | Index } {
  let value: Partial<Manifest & Index>
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    throw invalidManifest(what, 'it is not JSON')
  }
  if (typeof value !== 'object' || value === null || value.schemaVersion !== 2)
    throw invalidManifest(what, `its schemaVersion is ${JSON.stringify(value?.schemaVersion)}, wanted 2`)
  const actual = value.mediaType ?? type.split(';')[0]!.trim()
  if (Array.isArray(value.manifests) && (isIndexType(actual) || !value.config)) {
    for (const [i, d] of value.manifests.entries()) checkDescriptor(d, `manifests[${i}]`, what)
    return { mediaType: isIndexType(actual) ? actual : mediaType.index, value: value as Index }
  }
  checkDescriptor(value.config, 'config', what)
  if (!Array.isArray(value.layers)) throw invalidManifest(what, 'layers is missing')
  for (const [i, d] of value.layers.entries()) checkDescriptor(d, `layers[${i}]`, what)
  return { mediaType: actual, value: value as Manifest }
}

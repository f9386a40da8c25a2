/** Images between registries and layouts: one interface for where they come from and where they go, and copying between the two. */
import type { Readable } from 'node:stream'
import { type Digest, sha256 } from './digest.ts'
import type { ImageLayout } from './layout.ts'
import { type Descriptor, type Index, isIndex, type Manifest } from './manifest.ts'
import type { Reference } from './reference.ts'
import type { CallOptions, RegistryClient } from './registry-client.ts'

export interface ImageSource {
  /** For messages. */
  readonly name: string
  /** Registry and repository, for mounts; undefined for a layout. */
  readonly home?: Reference
  /** The image itself, or one of an index by its digest. */
  manifest(digest?: Digest, options?: CallOptions): Promise<{ descriptor: Descriptor; bytes: Buffer; manifest: Manifest | Index }>
  blob(descriptor: Descriptor, options?: CallOptions): Promise<Readable>
}

export interface ImageSink {
  readonly name: string
  readonly home?: Reference
  /** @returns how it got there */
  pushBlob(
    descriptor: Descriptor,
    open: () => AsyncIterable<Uint8Array>,
    options?: CallOptions & { from?: Reference },
  ): Promise<'exists' | 'mounted' | 'pushed'>
  /** @param top under the sink's own tag or name, not only by digest */
  pushManifest(bytes: Uint8Array, type: string, top: boolean, options?: CallOptions): Promise<void>
}

export const fromRegistry = (client: RegistryClient, reference: Reference): ImageSource => ({
  name: `${reference.registry}/${reference.repository}`,
  home: reference,
  manifest: (digest, options) =>
    client.fetchManifest(
      digest ? { registry: reference.registry, repository: reference.repository, digest } : reference,
      options,
    ),
  blob: (descriptor, options) => client.fetchBlob(reference, descriptor, options),
})

export const fromLayout = (layout: ImageLayout, name?: string): ImageSource => ({
  name: layout.folder,
  async manifest(digest) {
    const top = await layout.find(name)
    return layout.manifest(digest ? { ...top, digest } : top)
  },
  blob: descriptor => layout.blob(descriptor),
})

export const toRegistry = (client: RegistryClient, reference: Reference): ImageSink => ({
  name: `${reference.registry}/${reference.repository}`,
  home: reference,
  pushBlob: (descriptor, open, { signal, from } = {}) =>
    client.pushBlob(reference, descriptor, open, {
      signal,
      ...(from?.registry === reference.registry && { from: from.repository }),
    }),
  async pushManifest(bytes, type, top, options) {
    const { registry, repository, tag } = reference
    await client.pushManifest({ registry, repository, ...(top && tag && { tag }) }, bytes, type, options)
  },
})

export const toLayout = (layout: ImageLayout, name?: string): ImageSink => ({
  name: layout.folder,
  async pushBlob(descriptor, open) {
    if (await layout.has(descriptor.digest)) return 'exists'
    await layout.putBlob(descriptor, open)
    return 'pushed'
  },
  async pushManifest(bytes, type, top) {
    const descriptor = { mediaType: type, digest: sha256(bytes), size: bytes.byteLength }
    await layout.putBlob(descriptor, async function* () {
      yield bytes
    })
    if (top) await layout.add(descriptor, name)
  },
})

/** Copies a blob unless the sink has it or can mount it; it is only opened when it must be sent. */
export const copyBlob = (source: ImageSource, sink: ImageSink, descriptor: Descriptor, options: CallOptions = {}) =>
  sink.pushBlob(
    descriptor,
    async function* () {
      yield* await source.blob(descriptor, options)
    },
    { ...options, from: source.home },
  )

/** Copies an image, or all images of an index. */
export async function copyImage(source: ImageSource, sink: ImageSink, options: CallOptions = {}): Promise<Descriptor> {
  const copy = async (digest: Digest | undefined, top: boolean): Promise<Descriptor> => {
    const { descriptor, bytes, manifest } = await source.manifest(digest, options)
    if (isIndex(manifest)) for (const each of manifest.manifests) await copy(each.digest, false)
    else await Promise.all([manifest.config, ...manifest.layers].map(each => copyBlob(source, sink, each, options)))
    await sink.pushManifest(bytes, descriptor.mediaType, top, options)
    return descriptor
  }
  return copy(undefined, true)
}

/** Where an image comes from: a registry, or an OCI layout in a folder. */
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import {
  algorithmOf,
  choosePlatform,
  type Descriptor,
  hexOf,
  hostPlatform,
  type Index,
  isIndexType,
  type Manifest,
  parseManifest,
  type Reference,
  type RegistryClient,
  verified,
  verifyBytes,
} from '@slipway/builders/image'

export interface ImageSource {
  /** The image for this machine's platform. */
  image(): Promise<{ descriptor: Descriptor; manifest: Manifest }>
  bytes(descriptor: Descriptor): Promise<Buffer>
  blob(descriptor: Descriptor): Promise<Readable>
}

export const fromRegistry = (client: RegistryClient, reference: Reference, signal?: AbortSignal): ImageSource => ({
  image: () => client.fetchImage(reference, hostPlatform(), { signal }),
  bytes: descriptor => client.fetchBytes(reference, descriptor, { signal }),
  blob: descriptor => client.fetchBlob(reference, descriptor, { signal }),
})

/** The names that an image of a layout goes by: containerd's full one, or the specification's `ref.name`. */
export const namesOf = ({ annotations = {} }: Descriptor): string[] =>
  ['io.containerd.image.name', 'org.opencontainers.image.ref.name'].flatMap(key => (annotations[key] ? [annotations[key]] : []))

const blobPath = (dir: string, { digest }: Pick<Descriptor, 'digest'>) => join(dir, 'blobs', algorithmOf(digest), hexOf(digest))

async function readBlob(dir: string, descriptor: Descriptor): Promise<Buffer> {
  const bytes = await readFile(blobPath(dir, descriptor))
  verifyBytes(bytes, descriptor.digest, `${descriptor.digest} in ${dir}`)
  return bytes
}

/** The images named in a layout's index.json (image-layout.md). */
export async function imagesOfLayout(dir: string): Promise<{ names: string[]; source: ImageSource }[]> {
  const index = JSON.parse(await readFile(join(dir, 'index.json'), 'utf8')) as Index
  return index.manifests.map(descriptor => ({ names: namesOf(descriptor), source: fromLayout(dir, descriptor) }))
}

export const fromLayout = (dir: string, top: Descriptor): ImageSource => ({
  async image() {
    let descriptor = top
    if (isIndexType(descriptor.mediaType)) {
      const { value } = parseManifest(await readBlob(dir, descriptor), descriptor.mediaType, dir)
      descriptor = choosePlatform(value as Index, hostPlatform(), dir)
    }
    const { value } = parseManifest(await readBlob(dir, descriptor), descriptor.mediaType, dir)
    return { descriptor, manifest: value as Manifest }
  },
  bytes: descriptor => readBlob(dir, descriptor),
  blob: async descriptor => {
    const { Readable } = await import('node:stream')
    const chunks = createReadStream(blobPath(dir, descriptor), { highWaterMark: 1 << 20 })
    return Readable.from(verified(chunks, descriptor, `${descriptor.digest} in ${dir}`), { objectMode: false })
  },
})

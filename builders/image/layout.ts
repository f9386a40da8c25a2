/**
 * OCI image layouts (image-spec v1.1, image-layout.md): a folder with `oci-layout`, `index.json` and `blobs/ALGORITHM/HEX`, also packed in
 * a tar. Written so that a reader never sees half a blob, and an index only when all it names is there.
 */
import { randomUUID } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BuildFailure, codeOf } from '../failure/index.ts'
import { algorithmOf, type Digest, hexOf, verified, verifyBytes } from './digest.ts'
import { type Descriptor, type Index, isIndex, type Manifest, parseManifest } from './manifest.ts'
import { mediaType } from './media-type.ts'

/** The annotation that names an image inside a layout. */
export const refName = 'org.opencontainers.image.ref.name'

export interface ImageLayout {
  readonly folder: string
  path(digest: Digest): string
  has(digest: Digest): Promise<boolean>
  /** Stores a blob, verified, unless it is there. */
  putBlob(descriptor: Pick<Descriptor, 'digest' | 'size'>, open: () => AsyncIterable<Uint8Array>): Promise<void>
  /** A blob as a stream that fails if its content differs. @throws BuildFailure BlobMissing */
  blob(descriptor: Descriptor): Promise<Readable>
  /** The manifest or index of a descriptor. @throws BuildFailure BlobMissing, InvalidManifest */
  manifest(descriptor: Descriptor): Promise<{ descriptor: Descriptor; bytes: Buffer; manifest: Manifest | Index }>
  index(): Promise<Index>
  /** Adds an image to the index; one of the same name is replaced. */
  add(descriptor: Descriptor, name?: string): Promise<void>
  /** The image of a name, or the only one. @throws BuildFailure ImageNotInLayout */
  find(name?: string): Promise<Descriptor>
}

/**
 * Opens a layout.
 * @param create make an empty one where there is none
 * @throws BuildFailure InvalidLayout, LayoutMissing
 */
export async function openLayout(folder: string, { create = false }: { create?: boolean } = {}): Promise<ImageLayout> {
  const indexPath = join(folder, 'index.json')
  const marker = join(folder, 'oci-layout')
  const path = (digest: Digest) => join(folder, 'blobs', algorithmOf(digest), hexOf(digest))
  const has = (digest: Digest) =>
    access(path(digest)).then(
      () => true,
      () => false,
    )

  async function replace(target: string, write: (draft: string) => Promise<void>): Promise<void> {
    await mkdir(dirname(target), { recursive: true })
    const draft = join(dirname(target), `.${randomUUID()}`)
    try {
      await write(draft)
      await rename(draft, target)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  }
  const writeIndex = (index: Index) => replace(indexPath, draft => writeFile(draft, JSON.stringify(index)))

  async function index(): Promise<Index> {
    const parsed = parseManifest(await readFile(indexPath), mediaType.index, indexPath)
    if (!isIndex(parsed.value)) throw new BuildFailure('InvalidLayout', `${indexPath} is not an image index`)
    return parsed.value
  }

  try {
    const { imageLayoutVersion } = JSON.parse(await readFile(marker, 'utf8')) as { imageLayoutVersion?: string }
    if (imageLayoutVersion !== '1.0.0')
      throw new BuildFailure('InvalidLayout', `${marker} says version ${imageLayoutVersion}; only 1.0.0 is known`)
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error
    if (!create) throw new BuildFailure('LayoutMissing', `${folder} is not an OCI image layout: it has no oci-layout file`)
    await writeIndex({ schemaVersion: 2, mediaType: mediaType.index, manifests: [] })
    await replace(marker, draft => writeFile(draft, JSON.stringify({ imageLayoutVersion: '1.0.0' })))
  }

  const missing = (digest: Digest, error: unknown) =>
    codeOf(error) === 'ENOENT' ? new BuildFailure('BlobMissing', `the image layout ${folder} lacks ${digest}`) : error

  return {
    folder,
    path,
    has,
    async putBlob(descriptor, open) {
      if (await has(descriptor.digest)) return
      await replace(path(descriptor.digest), draft =>
        pipeline(Readable.from(verified(open(), descriptor, `blob ${descriptor.digest}`)), createWriteStream(draft)),
      )
    },
    async blob(descriptor) {
      try {
        await access(path(descriptor.digest))
      } catch (error) {
        throw missing(descriptor.digest, error)
      }
      return Readable.from(
        verified(createReadStream(path(descriptor.digest)), descriptor, `blob ${descriptor.digest} of ${folder}`),
        { objectMode: false },
      )
    },
    async manifest(descriptor) {
      const bytes = await readFile(path(descriptor.digest)).catch(error => {
        throw missing(descriptor.digest, error)
      })
      verifyBytes(bytes, descriptor.digest, `manifest ${descriptor.digest} of ${folder}`)
      const { mediaType: type, value } = parseManifest(bytes, descriptor.mediaType, descriptor.digest)
      return { descriptor: { mediaType: type, digest: descriptor.digest, size: bytes.byteLength }, bytes, manifest: value }
    },
    index,
    async add(descriptor, name) {
      const old = await index()
      const entry = name ? { ...descriptor, annotations: { ...descriptor.annotations, [refName]: name } } : descriptor
      const others = old.manifests.filter(m => (name ? m.annotations?.[refName] !== name : m.digest !== descriptor.digest))
      await writeIndex({ ...old, manifests: [...others, entry] })
    },
    async find(name) {
      const { manifests } = await index()
      const found =
        name === undefined && manifests.length === 1 ? manifests[0] : manifests.find(m => m.annotations?.[refName] === name)
      if (found) return found
      const names = manifests.map(m => m.annotations?.[refName] ?? m.digest)
      throw new BuildFailure(
        'ImageNotInLayout',
        `the image layout ${folder} has no ${name ?? 'single image'}; it has ${names.join(', ') || 'none'}`,
      )
    },
  }
}

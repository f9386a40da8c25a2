/** Small images for tests. */
import {
  type Descriptor,
  imageManifest,
  type Manifest,
  mediaType,
  type RegistryClient,
  type Repository,
  type Stored,
  sha256,
} from '@slipway/builders/image'

export const blobOf = (bytes: Uint8Array, type: string = mediaType.layer): { descriptor: Descriptor; bytes: Uint8Array } => ({
  bytes,
  descriptor: { mediaType: type, digest: sha256(bytes), size: bytes.byteLength },
})

export const once = (bytes: Uint8Array) =>
  async function* () {
    yield bytes
  }

/** Pushes a one-layer image whose layer is this text; under a tag if one is given. */
export async function pushImage(
  client: RegistryClient,
  repository: Repository,
  text: string,
  tag?: string,
): Promise<Stored<Manifest>> {
  const layer = blobOf(Buffer.from(text))
  const config = blobOf(
    Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } })),
    mediaType.config,
  )
  for (const { descriptor, bytes } of [layer, config]) await client.pushBlob(repository, descriptor, once(bytes))
  const manifest = imageManifest(config.descriptor, [layer.descriptor])
  await client.pushManifest({ ...repository, ...(tag && { tag }) }, manifest.bytes, mediaType.manifest)
  return manifest
}

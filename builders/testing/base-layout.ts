/** A base image for tests: one layer with a marker file, as an image or as an index of several platforms. */
import type { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { sha256 } from '../image/digest.ts'
import { readBody } from '../image/http.ts'
import { openLayout } from '../image/layout.ts'
import { type ContainerConfig, type Descriptor, imageIndex, imageManifest, stored } from '../image/manifest.ts'
import { mediaType } from '../image/media-type.ts'
import { parsePlatform } from '../image/platform.ts'
import { fromLayout, type ImageSource, toLayout } from '../image/transfer.ts'

const one = (bytes: Uint8Array) =>
  async function* () {
    yield bytes
  }

export async function baseLayout(
  folder: string,
  platforms: string[] = ['linux/amd64'],
  config: ContainerConfig = { User: '65532:65532' },
): Promise<ImageSource> {
  const layout = await openLayout(folder, { create: true })
  const sink = toLayout(layout)
  const images: Descriptor[] = []
  for (const name of platforms) {
    const platform = parsePlatform(name)
    const tar = pack()
    tar.entry({ name: 'marker', mtime: new Date(0) }, name)
    tar.finalize()
    const bytes = await readBody(tar as unknown as Readable, 1 << 20, 'the layer')
    const layer = { mediaType: mediaType.layer, digest: sha256(bytes), size: bytes.byteLength }
    const image = stored(
      { ...platform, config, rootfs: { type: 'layers' as const, diff_ids: [layer.digest] }, history: [{ created_by: 'base' }] },
      mediaType.config,
    )
    await sink.pushBlob(layer, one(bytes))
    await sink.pushBlob(image.descriptor, one(image.bytes))
    const manifest = imageManifest(image.descriptor, [layer])
    await sink.pushManifest(manifest.bytes, mediaType.manifest, platforms.length === 1)
    images.push({ ...manifest.descriptor, platform })
  }
  if (platforms.length > 1) await sink.pushManifest(imageIndex(images).bytes, mediaType.index, true)
  return fromLayout(layout)
}

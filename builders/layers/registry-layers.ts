/**
 * Layers that are costly to make (installed dependencies), remembered in the registry beside the image: a build in a fresh container finds
 * what an earlier one made, and needs neither npm nor a download. A tag for each key, on a manifest that holds the one layer.
 */

import { isBuildFailure } from '../failure/index.ts'
import type { Digest } from '../image/digest.ts'
import { isDigest } from '../image/digest.ts'
import { type Descriptor, isIndex, type Manifest, stored } from '../image/manifest.ts'
import { mediaType } from '../image/media-type.ts'
import type { Reference } from '../image/reference.ts'
import type { RegistryClient } from '../image/registry-client.ts'
import type { Compression } from './layer-cache.ts'

export interface KnownLayer {
  descriptor: Descriptor
  diffId: Digest
}

export interface RemoteLayers {
  find(key: string, compression: Compression, signal?: AbortSignal): Promise<KnownLayer | undefined>
  /** The layer's blob must be there already. */
  save(key: string, compression: Compression, layer: KnownLayer, signal?: AbortSignal): Promise<void>
  /** The content, for a place that lacks it. */
  open(layer: KnownLayer): AsyncIterable<Uint8Array>
}

const artifactType = 'application/vnd.slipway.layer.v1'
const diffIdAnnotation = 'dev.slipway.layer.diff-id'

export function registryLayers(client: RegistryClient, { registry, repository }: Reference): RemoteLayers {
  const at = (key: string, compression: Compression) => ({
    registry,
    repository,
    tag: `slipway-layer-${key.slice(0, 40)}-${compression}`,
  })
  return {
    async find(key, compression, signal) {
      try {
        const { manifest } = await client.fetchManifest(at(key, compression), { signal })
        const [descriptor] = isIndex(manifest) ? [] : manifest.layers
        const diffId = manifest.annotations?.[diffIdAnnotation]
        if (!descriptor || !diffId || !isDigest(diffId)) return undefined
        return (await client.hasBlob({ registry, repository }, descriptor.digest, { signal }))
          ? { descriptor, diffId }
          : undefined
      } catch (error) {
        // Not remembered, or not readable: then it is made. What is wrong with the registry itself the push will tell.
        if (isBuildFailure(error)) return undefined
        throw error
      }
    },
    async save(key, compression, { descriptor, diffId }, signal) {
      const empty = stored({}, mediaType.empty)
      await client.pushBlob(
        { registry, repository },
        empty.descriptor,
        async function* () {
          yield empty.bytes
        },
        { signal },
      )
      const manifest = stored<Manifest>(
        {
          schemaVersion: 2,
          mediaType: mediaType.manifest,
          artifactType,
          config: empty.descriptor,
          layers: [descriptor],
          annotations: { [diffIdAnnotation]: diffId },
        },
        mediaType.manifest,
      )
      await client.pushManifest(at(key, compression), manifest.bytes, mediaType.manifest, { signal })
    },
    async *open({ descriptor }) {
      yield* await client.fetchBlob({ registry, repository }, descriptor)
    },
  }
}

/** What a pushed manifest says to the registry. Pure. */
import { type Digest, type Index, isIndex, type Manifest, parseManifest } from '@slipway/builders/image'
import { SpecError } from './spec-error.ts'
import type { ManifestLink } from './store/manifests.ts'

export interface ManifestContent {
  link: ManifestLink
  /** Blobs that the repository must have. */
  blobs: Digest[]
  /** Manifests that the repository must have. */
  manifests: Digest[]
}

/** Layers that are fetched from elsewhere (image-spec, "Non-distributable layers") need not be here. */
const isForeign = (type: string) => /nondistributable|foreign/.test(type)

/** @throws SpecError MANIFEST_INVALID, NAME or SIZE in the specification's words */
export function readManifestContent(bytes: Buffer, contentType: string): ManifestContent {
  let parsed: { mediaType: string; value: Manifest | Index }
  try {
    parsed = parseManifest(bytes, contentType, 'the pushed content')
  } catch (error) {
    throw new SpecError(400, 'MANIFEST_INVALID', (error as Error).message)
  }
  const { mediaType, value } = parsed
  const given = contentType.split(';')[0]!.trim()
  if (value.mediaType && given && value.mediaType !== given)
    throw new SpecError(400, 'MANIFEST_INVALID', `manifest says mediaType ${value.mediaType}, but was pushed as ${given}`)
  const artifactType = value.artifactType ?? (isIndex(value) ? undefined : value.config.mediaType)
  const link: ManifestLink = {
    mediaType: value.mediaType ?? (given || mediaType),
    size: bytes.byteLength,
    ...(artifactType && { artifactType }),
    ...(value.annotations && { annotations: value.annotations }),
    ...(value.subject && { subject: value.subject.digest }),
  }
  if (isIndex(value)) return { link, blobs: [], manifests: value.manifests.map(m => m.digest) }
  const layers = value.layers.filter(layer => !isForeign(layer.mediaType)).map(layer => layer.digest)
  return { link, blobs: [...new Set([value.config.digest, ...layers])], manifests: [] }
}

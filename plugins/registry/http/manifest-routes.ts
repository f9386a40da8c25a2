/** Pulling, pushing and deleting manifests and tags (distribution-spec v1.1). */
import { type Digest, isDigest, isTag, readBody, sha256, verifyBytes } from '@slipway/builders/image'
import { readManifestContent } from '../manifest-content.ts'
import { digestInvalid, manifestUnknown, SpecError } from '../spec-error.ts'
import type { BlobStore } from '../store/blobs.ts'
import type { ManifestStore } from '../store/manifests.ts'
import { bodyOf, type Route } from './route.ts'

const path = /^\/v2\/(.+)\/manifests\/([^/]+)$/
/** What the specification asks registries to take at least. */
const maxBytes = 4 << 20

function checkId(id: string): void {
  if (isDigest(id) || isTag(id)) return
  if (id.includes(':')) throw digestInvalid(`not a digest of a supported algorithm (sha256, sha512): ${JSON.stringify(id)}`)
  throw new SpecError(400, 'TAG_INVALID', `invalid tag ${JSON.stringify(id)}: letters, digits, "_", "." and "-", at most 128`)
}

export function manifestRoutes(blobs: BlobStore, manifests: ManifestStore): Route[] {
  const read: Route['handle'] = async (request, response, repository, id) => {
    // A malformed name is of nothing that exists: clients expect 404 here, not 400.
    if (!isDigest(id) && !isTag(id)) throw manifestUnknown(repository, id)
    const digest = await manifests.resolve(repository, id)
    const link = await manifests.find(repository, digest)
    if (!link) throw manifestUnknown(repository, id)
    response.setHeader('docker-content-digest', digest)
    response.setHeader('etag', `"${digest}"`)
    response.setHeader('content-type', link.mediaType)
    if (request.headers['if-none-match'] === `"${digest}"`) return void response.status(304).end()
    response.setHeader('content-length', link.size)
    response.end(request.method === 'HEAD' ? undefined : await manifests.read(digest))
  }

  async function requireAll(
    repository: string,
    wanted: readonly Digest[],
    has: (digest: Digest) => Promise<boolean>,
    noun: string,
  ) {
    const found = await Promise.all(wanted.map(has))
    const missing = wanted.filter((_, i) => !found[i])
    if (missing.length)
      throw new SpecError(
        404,
        'MANIFEST_BLOB_UNKNOWN',
        `${repository} lacks ${noun} that the manifest refers to: ${missing.join(', ')}`,
        { digest: missing[0] },
      )
  }

  return [
    { method: 'GET', path, action: 'pull', handle: read },
    { method: 'HEAD', path, action: 'pull', handle: read },
    {
      method: 'PUT',
      path,
      action: 'push',
      async handle(request, response, repository, id) {
        checkId(id)
        const bytes = await readBody(bodyOf(request), maxBytes, 'the manifest').catch(error => {
          throw error.reason === 'BodyTooLarge'
            ? new SpecError(413, 'SIZE_INVALID', `a manifest may have at most ${maxBytes} bytes`)
            : error
        })
        const digest = isDigest(id) ? id : sha256(bytes)
        try {
          verifyBytes(bytes, digest, 'the manifest')
        } catch (error) {
          throw digestInvalid((error as Error).message, { digest })
        }
        const content = readManifestContent(bytes, request.headers['content-type'] ?? '')
        await requireAll(repository, content.blobs, async d => (await blobs.find(repository, d)) !== undefined, 'blobs')
        await requireAll(repository, content.manifests, d => manifests.has(repository, d), 'manifests')
        await manifests.put(repository, digest, bytes, content.link, isDigest(id) ? undefined : id, [
          ...content.blobs,
          ...content.manifests,
        ])
        if (content.link.subject) response.setHeader('oci-subject', content.link.subject)
        response
          .status(201)
          .setHeader('location', `/v2/${repository}/manifests/${digest}`)
          .setHeader('docker-content-digest', digest)
          .end()
      },
    },
    {
      method: 'DELETE',
      path,
      action: 'delete',
      async handle(_request, response, repository, id) {
        checkId(id)
        if (isDigest(id)) await manifests.remove(repository, id)
        else await manifests.removeTag(repository, id)
        response.status(202).end()
      },
    },
  ]
}

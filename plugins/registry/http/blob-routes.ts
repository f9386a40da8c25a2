/** Pulling and deleting blobs (distribution-spec v1.1, "Pulling blobs", "Deleting Blobs"). */
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { blobUnknown, SpecError } from '../spec-error.ts'
import type { BlobStore } from '../store/blobs.ts'
import { parseRange } from './range.ts'
import { checkDigest, type Route } from './route.ts'

const path = /^\/v2\/(.+)\/blobs\/([^/]+)$/
/** Larger chunks cost memory and garbage collections, smaller ones processor time. */
const chunkBytes = 64 << 10

export function blobRoutes(blobs: BlobStore): Route[] {
  const read: Route['handle'] = async (request, response, repository, id) => {
    const digest = checkDigest(id)
    const blob = await blobs.find(repository, digest)
    if (!blob) throw blobUnknown(digest)
    response.setHeader('docker-content-digest', digest)
    response.setHeader('etag', `"${digest}"`)
    response.setHeader('accept-ranges', 'bytes')
    response.setHeader('cache-control', 'max-age=31536000, immutable')
    response.setHeader('content-type', 'application/octet-stream')
    if (request.headers['if-none-match'] === `"${digest}"`) return void response.status(304).end()
    const range = parseRange(request.headers.range, blob.size)
    if (range === 'unsatisfiable')
      throw new SpecError(416, 'SIZE_INVALID', `the blob has ${blob.size} bytes; the range begins after them`, undefined, {
        'content-range': `bytes */${blob.size}`,
      })
    const { start, end } = range === 'whole' ? { start: 0, end: blob.size - 1 } : range
    if (range !== 'whole') response.status(206).setHeader('content-range', `bytes ${start}-${end}/${blob.size}`)
    response.setHeader('content-length', end - start + 1)
    if (request.method === 'HEAD' || end < start) return void response.end()
    await pipeline(createReadStream(blob.path, { start, end, highWaterMark: chunkBytes }), response)
  }
  return [
    { method: 'GET', path, action: 'pull', handle: read },
    { method: 'HEAD', path, action: 'pull', handle: read },
    {
      method: 'DELETE',
      path,
      action: 'delete',
      async handle(_request, response, repository, id) {
        await blobs.unlink(repository, checkDigest(id))
        response.status(202).end()
      },
    },
  ]
}

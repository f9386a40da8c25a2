/** Pushing blobs: monolithic, chunked, mounted (distribution-spec v1.1, "Pushing Blobs"). */

import { isDigest, isRepository } from '@slipway/builders/image'
import type { Request, Response } from 'express'
import { SpecError } from '../spec-error.ts'
import type { BlobStore } from '../store/blobs.ts'
import type { UploadStore } from '../store/uploads.ts'
import { parseContentRange } from './range.ts'
import { bodyOf, checkDigest, queryOf, type Route } from './route.ts'

const begin = /^\/v2\/(.+)\/blobs\/uploads\/?$/
const one = /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/

export function uploadRoutes(blobs: BlobStore, uploads: UploadStore): Route[] {
  const status = (response: Response, repository: string, id: string, offset: number) =>
    response
      .setHeader('location', `/v2/${repository}/blobs/uploads/${id}`)
      .setHeader('docker-upload-uuid', id)
      .setHeader('range', `0-${Math.max(offset - 1, 0)}`)

  const created = (response: Response, repository: string, digest: string) =>
    void response
      .status(201)
      .setHeader('location', `/v2/${repository}/blobs/${digest}`)
      .setHeader('docker-content-digest', digest)
      .end()

  async function receive(request: Request, repository: string, id: string): Promise<number> {
    const header = request.headers['content-range']
    const range = header === undefined ? undefined : parseContentRange(header)
    if (header !== undefined && !range)
      throw new SpecError(400, 'BLOB_UPLOAD_INVALID', `Content-Range ${JSON.stringify(header)} is not of the form 0-1023`)
    const length = Number(request.headers['content-length'] ?? Number.NaN)
    if (range && length !== range.end - range.start + 1 && !Number.isNaN(length))
      throw new SpecError(
        400,
        'SIZE_INVALID',
        `Content-Range ${header} is ${range.end - range.start + 1} bytes, but Content-Length is ${length}`,
      )
    return uploads.append(repository, id, bodyOf(request), range?.start)
  }

  return [
    {
      method: 'POST',
      path: begin,
      action: 'push',
      async handle(request, response, repository) {
        const mount = queryOf(request, 'mount')
        const from = queryOf(request, 'from')
        if (mount && from && isDigest(mount) && isRepository(from) && (await blobs.mount(repository, mount, from)))
          return created(response, repository, mount)
        const digest = queryOf(request, 'digest')
        const wanted = digest === undefined ? undefined : checkDigest(digest)
        const id = await uploads.begin(repository)
        if (!wanted) return void status(response.status(202), repository, id, 0).end()
        try {
          await receive(request, repository, id)
        } catch (error) {
          await uploads.cancel(repository, id).catch(() => {})
          throw error
        }
        await uploads.finish(repository, id, wanted)
        created(response, repository, wanted)
      },
    },
    {
      method: 'GET',
      path: one,
      action: 'push',
      async handle(_request, response, repository, id) {
        status(response.status(204), repository, id, await uploads.offset(repository, id)).end()
      },
    },
    {
      method: 'PATCH',
      path: one,
      action: 'push',
      async handle(request, response, repository, id) {
        status(response.status(202), repository, id, await receive(request, repository, id)).end()
      },
    },
    {
      method: 'PUT',
      path: one,
      action: 'push',
      async handle(request, response, repository, id) {
        const digest = checkDigest(queryOf(request, 'digest'))
        if (request.headers['content-length'] !== '0') await receive(request, repository, id)
        await uploads.finish(repository, id, digest)
        created(response, repository, digest)
      },
    },
    {
      method: 'DELETE',
      path: one,
      action: 'push',
      async handle(_request, response, repository, id) {
        await uploads.cancel(repository, id)
        response.status(204).end()
      },
    },
  ]
}

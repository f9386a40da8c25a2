/** The registry as an express application: routing, errors, and nothing else. */
import type { Log } from '@slipway/core/observe'
import express, { type Express, type NextFunction, type Request, type Response } from 'express'
import { errorBody, SpecError, storageError } from '../spec-error.ts'
import type { RegistryStore } from '../store/open-store.ts'
import { blobRoutes } from './blob-routes.ts'
import { listingRoutes } from './listing-routes.ts'
import { manifestRoutes } from './manifest-routes.ts'
import { checkRepository, type Guard, type Route } from './route.ts'
import { uploadRoutes } from './upload-routes.ts'

export interface AppOptions {
  store: RegistryStore
  log: Log
  /** Default: everyone may do everything; who can reach the socket is trusted. */
  guard?: Guard
}

const unsupported = (request: Request) =>
  new SpecError(
    request.path.startsWith('/v2/') ? 405 : 404,
    'UNSUPPORTED',
    `the registry has no ${request.method} ${request.path}`,
  )

/** What express itself refuses, such as a path whose escapes are broken. */
function malformed(error: unknown): SpecError | undefined {
  const { status, message } = error as { status?: number; message?: string }
  return status !== undefined && status >= 400 && status < 500
    ? new SpecError(status, 'UNSUPPORTED', message ?? 'malformed request')
    : undefined
}

export function registryApp({ store, log, guard = () => {} }: AppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.use((_request, response, next) => {
    response.setHeader('docker-distribution-api-version', 'registry/2.0')
    next()
  })
  app.get(/^\/v2\/?$/, async (request, response) => {
    await guard(request, 'pull', undefined)
    response.json({})
  })
  // The order matters where patterns overlap: uploads before blobs, as "uploads" could pass for a digest.
  const routes: Route[] = [
    ...listingRoutes(store.manifests),
    ...uploadRoutes(store.blobs, store.uploads),
    ...blobRoutes(store.blobs),
    ...manifestRoutes(store.blobs, store.manifests),
  ]
  for (const { method, path, action, handle } of routes)
    app[method.toLowerCase() as 'get'](path, async (request: Request, response: Response) => {
      const { 0: repository, 1: id } = request.params as unknown as (string | undefined)[]
      if (repository !== undefined) checkRepository(repository)
      await guard(request, action, repository)
      await handle(request, response, repository ?? '', id ?? '')
    })
  app.use(request => {
    throw unsupported(request)
  })
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    const { code } = error as { code?: string }
    if (request.destroyed && !request.complete) return void log.debug({ path: request.path }, 'client went away')
    if (code === 'ERR_STREAM_PREMATURE_CLOSE') return
    const known = error instanceof SpecError ? error : (storageError(error) ?? malformed(error))
    if (!known || known.status >= 500)
      log.error({ err: error, method: request.method, path: request.path }, 'registry request failed')
    if (response.headersSent) return void response.destroy()
    // A client that is still sending reads no answer before it is done: take the rest of its body, and throw it away.
    request.resume()
    const { status, headers, ...rest } = known ?? new SpecError(500, 'UNKNOWN', 'internal error; the server log says more')
    const { message } = known ?? { message: 'internal error; the server log says more' }
    response.status(status).set(headers)
    if (request.method === 'HEAD') return void response.end()
    response.json(errorBody({ ...rest, message }))
  })
  return app
}

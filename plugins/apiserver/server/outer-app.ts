/** Everything that is not a resource: health, version, and whatever else is mounted (discovery, OpenAPI). On express. */
import { arch, platform } from 'node:os'
import type { Status } from '@slipway/core/api'
import express, { type Express, type RequestHandler } from 'express'
import { forbiddenMessage } from '../access/user.ts'
import { identify } from '../http/resource-handler.ts'
import { sendError, sendPathNotFound } from '../http/respond.ts'
import type { ServerContext } from '../verbs/call.ts'

/** The release whose behaviour is followed; clients decide by it what they may ask for. */
export const kubernetesVersion = { major: '1', minor: '34', gitVersion: 'v1.34.3' }

export interface OuterAppOptions {
  context: ServerContext
  /** Answered to authenticated users only. Mounted in order; each may pass on. */
  mounts: readonly RequestHandler[]
  /** Names of what must be well for the server to be ready, and whether it is. */
  checks: () => Record<string, boolean>
}

export function outerApp({ context, mounts, checks }: OuterAppOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  for (const path of ['/healthz', '/livez', '/readyz']) app.get(path, healthHandler(path.slice(1), checks))
  app.get('/version', (_request, response) => void response.json(versionInfo()))
  app.use(authenticated(context))
  app.get(
    '/',
    (_request, response) =>
      void response.json({ paths: ['/api', '/apis', '/healthz', '/livez', '/openapi/v2', '/openapi/v3', '/readyz', '/version'] }),
  )
  for (const mount of mounts) app.use(mount)
  app.use((_request, response) => sendPathNotFound(response))
  app.use(((error, request, response, _next) => {
    sendError(response, error, fault =>
      context.log.error({ err: fault, path: request.url }, 'a request failed by a fault of the server'),
    )
  }) satisfies express.ErrorRequestHandler)
  return app
}

function versionInfo() {
  return {
    ...kubernetesVersion,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: `node ${process.version}`,
    platform: `${platform()}/${arch() === 'x64' ? 'amd64' : arch()}`,
  }
}

const healthHandler =
  (name: string, checks: OuterAppOptions['checks']): RequestHandler =>
  (request, response) => {
    const results = Object.entries(checks())
    const failed = results.filter(([, ok]) => !ok)
    const lines = results.map(([check, ok]) => `[${ok ? '+' : '-'}]${check} ${ok ? 'ok' : 'failed'}`)
    const verdict = `${name} check ${failed.length ? 'failed' : 'passed'}`
    const verbose = 'verbose' in request.query || failed.length > 0
    response
      .status(failed.length ? 500 : 200)
      .type('text/plain')
      .send(verbose ? `${[...lines, verdict].join('\n')}\n` : 'ok')
  }

const authenticated =
  (context: ServerContext): RequestHandler =>
  (request, response, next) => {
    try {
      const user = identify(context, request)
      const readsApi = request.method === 'GET' && /^\/(apis?|openapi|version)?(\/|$)/.test(request.path)
      const attributes = { verb: request.method.toLowerCase(), group: '', resource: '', path: request.path }
      if (readsApi || context.authorize(user, attributes).allowed) return next()
      const status: Status = {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: forbiddenMessage(user, attributes),
        reason: 'Forbidden',
        details: {},
        code: 403,
      }
      response.status(403).json(status)
    } catch (error) {
      sendError(response, error, next)
    }
  }

/**
 * Answers `/openapi/v2`, `/openapi/v3` and the documents below it. Documents are made on request, kept for a minute while a client reads
 * on (kubectl keeps them by their hash anyway), then let go: a server that nobody asks holds none.
 */
import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { apiVersionOf, StatusError } from '@slipway/core/api'
import { type Clock, systemClock } from '@slipway/core/observe'
import type { Handler } from '../discovery/discovery-handler.ts'
import type { ResourceRegistry, ServedResource } from '../served-resource.ts'
import { openApiV2, openApiV3 } from './documents.ts'
import { encodeV2, v2Protobuf, v2ProtobufLabel } from './v2-protobuf.ts'

const keepMs = 60_000
/** How documents of built-in resources are made; moves when this code or the release that it follows does. */
const edition = 'v1.34.3/1'

const pathOf = ({ group, version }: ServedResource) => `${group ? 'apis' : 'api'}/${apiVersionOf(group, version)}`

/** What the document is made from, without making it. */
function hashOf(resources: readonly ServedResource[]): string {
  const hash = createHash('sha512').update(edition)
  for (const { kind, resource, verbs, builtin, hasStatus, scale, subresources, schema } of resources)
    hash.update(JSON.stringify([kind, resource, verbs, hasStatus, scale, subresources, builtin ? '' : schema]))
  return hash.digest('hex').toUpperCase()
}

type Form = 'json' | 'protobuf'

/**
 * v3 is answered in JSON only: kubectl asks for nothing else.
 * @throws StatusError 406
 */
function formOf(accept: string | undefined, isV2: boolean): Form {
  for (const clause of (accept || '*/*').split(',')) {
    const type = clause.split(';')[0]!.trim()
    if (type === '*/*' || type === 'application/*' || type === 'application/json') return 'json'
    if (isV2 && (type === v2Protobuf || type === v2ProtobufLabel)) return 'protobuf'
  }
  throw new StatusError(406, 'NotAcceptable', 'only the following media types are accepted: application/json')
}

interface Answer {
  body: string | Buffer
  hash: string
  type?: string
  headers?: Record<string, string>
}

function send(response: ServerResponse, { body, hash, type = 'application/json', headers = {} }: Answer): void {
  const etag = `"${hash}"`
  const all = { etag, vary: 'Accept', ...headers }
  if (response.req?.headers['if-none-match'] === etag) return void response.writeHead(304, all).end()
  response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...all }).end(body)
}

export function openApiHandler(registry: ResourceRegistry, clock: Clock = systemClock): Handler {
  let made = -1
  let groups = new Map<string, ServedResource[]>()
  const hashes = new Map<string, string>()
  const kept = new Map<string, string | Buffer>()

  const refresh = () => {
    if (made === registry.version) return
    made = registry.version
    hashes.clear()
    kept.clear()
    groups = Map.groupBy(registry.all(), pathOf) as Map<string, ServedResource[]>
  }
  const hash = (key: string, resources: readonly ServedResource[]) => {
    let found = hashes.get(key)
    if (!found) hashes.set(key, (found = hashOf(resources)))
    return found
  }
  const document = (key: string, make: () => string | Buffer): string | Buffer => {
    const found = kept.get(key)
    if (found) return found
    const body = make()
    kept.set(key, body)
    clock.after(keepMs, () => kept.delete(key))
    return body
  }
  const index = () => {
    const paths = [...groups].map(([path, resources]) => [
      path,
      { serverRelativeURL: `/openapi/v3/${path}?hash=${hash(path, resources)}` },
    ])
    return JSON.stringify({ paths: Object.fromEntries(paths) })
  }

  return (request, response, next) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    if (request.method !== 'GET' || !/^\/openapi\/v[23](\/|$)/.test(url.pathname)) return next()
    const isV2 = url.pathname === '/openapi/v2'
    const form = formOf(request.headers.accept, isV2)
    refresh()
    if (isV2) {
      const all = registry.all()
      const isJson = form === 'json'
      const body = document(`v2 ${form}`, () => (isJson ? JSON.stringify(openApiV2(all)) : encodeV2(openApiV2(all))))
      return send(response, { body, hash: `${hash('v2', all)}${isJson ? '' : 'PB'}`, ...(!isJson && { type: v2ProtobufLabel }) })
    }
    const path = url.pathname.slice('/openapi/v3'.length).replace(/^\//, '')
    if (!url.pathname.startsWith('/openapi/v3')) return next()
    if (!path) {
      const body = index()
      return send(response, { body, hash: createHash('sha512').update(body).digest('hex').toUpperCase() })
    }
    const resources = groups.get(path)
    if (!resources) return void response.writeHead(404, { 'content-length': 0 }).end()
    const current = hash(path, resources)
    const asked = url.searchParams.get('hash')
    if (asked && asked !== current)
      return void response.writeHead(301, { location: `/openapi/v3/${path}?hash=${current}`, 'content-length': 0 }).end()
    const body = document(path, () => JSON.stringify(openApiV3(resources)))
    send(response, { body, hash: current, ...(asked && { headers: { 'cache-control': 'public, immutable' } }) })
  }
}

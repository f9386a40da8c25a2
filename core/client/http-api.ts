/**
 * The typed client over HTTP: keep-alive connections to one API server. Watches have connections of their own, so that a slow
 * request never holds one up. Answers 429 and 503 with Retry-After are tried again a few times, as client-go does.
 */
import type { ResourceKind } from '../api/kind.ts'
import { apiVersionOf, type KubeList, type KubeObject } from '../api/meta.ts'
import { isStatus, type Status, StatusError, type StatusReason } from '../api/status-error.ts'
import { type Clock, sleep, systemClock } from '../observe/clock.ts'
import type { Api, ApplyOptions, DeleteOptions, ListOptions, ObjectRef, PatchType, WatchEvent, WriteOptions } from './api.ts'
import type { ApiConnection } from './connection.ts'
import { jsonLines } from './lines.ts'
import { listQuery, resourcePath, withQuery } from './path.ts'
import { rawResponse } from './raw-response.ts'
import { httpTransport, type Transport, textOf } from './transport.ts'

export interface ApiClientOptions {
  /** Sent as User-Agent; its first word is the field manager of plain writes. */
  userAgent?: string
  /** Connections for requests that are not watches; default 32. */
  connections?: number
  /** How often a refused (429, 503) request is tried again; default 5. */
  retries?: number
  clock?: Clock
}
export interface ApiClient extends Api {
  /** Ends all connections. */
  close(): Promise<void>
}

const patchTypes: Record<PatchType, string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
}
const applyType = 'application/apply-patch+yaml'
const metadataType = (list: boolean) =>
  `application/json;as=PartialObjectMetadata${list ? 'List' : ''};g=meta.k8s.io;v=v1,application/json`

interface Call {
  method: string
  path: string
  body?: unknown
  contentType?: string
  accept?: string
}

const isStatusBody = (body: unknown): body is Status => (body as Status | undefined)?.kind === 'Status'

/** The error that an answer stands for; bodies that are not a Status (a proxy's page, say) keep their text. */
function errorOf(code: number, text: string): StatusError {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    body = undefined
  }
  if (isStatusBody(body)) return new StatusError(body.code ?? code, body.reason ?? 'Unknown', body.message ?? text, body.details)
  const reasons: Record<number, StatusReason> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    404: 'NotFound',
    409: 'Conflict',
    410: 'Gone',
    429: 'TooManyRequests',
  }
  return new StatusError(
    code,
    reasons[code] ?? (code >= 500 ? 'InternalError' : 'Unknown'),
    text.slice(0, 500) || `the API server answered ${code}`,
  )
}

const unreachable = (url: string, error: unknown): StatusError =>
  new StatusError(
    503,
    'ServiceUnavailable',
    `cannot reach the API server at ${url}: ${error instanceof Error ? error.message : error}`,
  )

export function connectApi(connection: ApiConnection, options: ApiClientOptions = {}): ApiClient {
  const { userAgent = 'slipway', connections = 32, retries = 5, clock = systemClock } = options
  const { url } = connection
  const calls = httpTransport(connection, { connections, bodyTimeoutMs: 60_000 })
  const streams = httpTransport(connection)

  const headers = async (): Promise<Record<string, string>> => ({
    accept: 'application/json',
    'user-agent': userAgent,
    ...(connection.token && { authorization: `Bearer ${connection.token}` }),
    ...(await connection.headers?.()),
  })

  async function send(
    { method, path, body, contentType = 'application/json', accept }: Call,
    transport: Transport,
    signal?: AbortSignal,
  ) {
    try {
      return await transport.send({
        method,
        path,
        headers: { ...(await headers()), ...(accept && { accept }), ...(body !== undefined && { 'content-type': contentType }) },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      })
    } catch (error) {
      if (signal?.aborted) throw error
      throw unreachable(url, error)
    }
  }

  async function call<T>(what: Call): Promise<T> {
    for (let attempt = 0; ; attempt++) {
      const { status: statusCode, body, headers: answered } = await send(what, calls)
      const text = await textOf(body).catch(error => {
        throw unreachable(url, error)
      })
      if (statusCode < 300) return JSON.parse(text) as T
      const error = errorOf(statusCode, text)
      const after = Number(answered['retry-after'] ?? error.details?.retryAfterSeconds)
      if (!(statusCode === 429 || (statusCode === 503 && after > 0)) || attempt >= retries) throw error
      await sleep(clock, (Number.isFinite(after) ? after : 1) * 1000)
    }
  }

  const writeQuery = ({ fieldManager, dryRun }: WriteOptions = {}, extra: Record<string, string> = {}) =>
    new URLSearchParams({ ...(fieldManager && { fieldManager }), ...(dryRun && { dryRun: 'All' }), ...extra })
  const pathOf = (kind: ResourceKind, { namespace, name }: ObjectRef, subresource?: string) =>
    resourcePath(kind, namespace, name, subresource)
  const write = <T extends KubeObject>(method: string, path: string, body: T, options?: WriteOptions) =>
    call<T>({ method, path: withQuery(path, writeQuery(options)), body })

  const api: ApiClient = {
    get: <T extends KubeObject>(kind: ResourceKind<T>, ref: ObjectRef) => call<T>({ method: 'GET', path: pathOf(kind, ref) }),
    async find<T extends KubeObject>(kind: ResourceKind<T>, ref: ObjectRef) {
      try {
        return await api.get(kind, ref)
      } catch (error) {
        if (isStatus(error, 'NotFound')) return undefined
        throw error
      }
    },
    async list<T extends KubeObject>(kind: ResourceKind<T>, options: ListOptions = {}) {
      const path = withQuery(resourcePath(kind, options.namespace), listQuery(options))
      const list = await call<KubeList<T>>({ method: 'GET', path, ...(options.metadataOnly && { accept: metadataType(true) }) })
      // Items of a list carry no apiVersion and kind (or those of PartialObjectMetadata); everything downstream may rely on them.
      const apiVersion = apiVersionOf(kind.group, kind.version)
      for (const item of list.items) Object.assign(item, { apiVersion, kind: kind.kind })
      return list
    },
    create: (kind, object, options) => write('POST', resourcePath(kind, object.metadata.namespace), object, options),
    update: (kind, object, options) => write('PUT', pathOf(kind, object.metadata), object, options),
    updateStatus: (kind, object, options) => write('PUT', pathOf(kind, object.metadata, 'status'), object, options),
    patch: <T extends KubeObject>(
      kind: ResourceKind<T>,
      ref: ObjectRef,
      type: PatchType,
      patch: unknown,
      { subresource, ...options }: WriteOptions & { subresource?: string } = {},
    ) =>
      call<T>({
        method: 'PATCH',
        path: withQuery(pathOf(kind, ref, subresource), writeQuery(options)),
        body: patch,
        contentType: patchTypes[type],
      }),
    apply: <T extends KubeObject>(
      kind: ResourceKind<T>,
      object: Partial<T> & Pick<T, 'metadata'>,
      { force = true, subresource, ...options }: ApplyOptions & { fieldManager: string },
    ) =>
      call<T>({
        method: 'PATCH',
        path: withQuery(pathOf(kind, object.metadata, subresource), writeQuery(options, { force: String(force) })),
        body: { apiVersion: apiVersionOf(kind.group, kind.version), kind: kind.kind, ...object },
        contentType: applyType,
      }),
    async delete(
      kind: ResourceKind,
      ref: ObjectRef,
      { propagation, gracePeriodSeconds, uid, resourceVersion }: DeleteOptions = {},
    ) {
      const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        ...(propagation && { propagationPolicy: propagation }),
        ...(gracePeriodSeconds !== undefined && { gracePeriodSeconds }),
        ...(Object.keys(preconditions).length && { preconditions }),
      }
      await call({ method: 'DELETE', path: pathOf(kind, ref), body })
    },
    async *watch<T extends KubeObject>(
      kind: ResourceKind<T>,
      options: ListOptions & { signal: AbortSignal; bookmarks?: boolean },
    ) {
      const query = listQuery(options)
      query.set('watch', 'true')
      if (options.bookmarks ?? true) query.set('allowWatchBookmarks', 'true')
      const path = withQuery(resourcePath(kind, options.namespace), query)
      const accept = options.metadataOnly ? metadataType(false) : undefined
      const { status, body } = await send({ method: 'GET', path, ...(accept && { accept }) }, streams, options.signal)
      if (status >= 300) throw errorOf(status, await textOf(body))
      try {
        for await (const event of jsonLines(body)) {
          const { type, object } = event as WatchEvent<T>
          if (type === 'ERROR') throw errorOf((object as unknown as Status).code ?? 500, JSON.stringify(object))
          if (accept && type !== 'BOOKMARK')
            Object.assign(object, { apiVersion: apiVersionOf(kind.group, kind.version), kind: kind.kind })
          yield { type, object }
        }
      } catch (error) {
        if (options.signal.aborted) return
        throw isStatus(error) ? error : unreachable(url, error)
      } finally {
        body.destroy()
      }
    },
    async raw(method, path, { body, signal, headers: extra } = {}) {
      const answer = await streams.send({
        method,
        path,
        headers: { ...(await headers()), ...(body !== undefined && { 'content-type': 'application/json' }), ...extra },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      })
      return rawResponse(answer)
    },
    async close() {
      calls.close()
      streams.close()
    },
  }
  return api
}

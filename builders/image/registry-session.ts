/** Requests to registries: where they go, how they log in, and trying again. The operations stand in registry-client.ts. */
import { isBuildFailure } from '../failure/index.ts'
import { type CredentialSource, credentialsOfFile } from './docker-config.ts'
import { createHttp, type Http, type HttpResponse, readBody } from './http.ts'
import { isLocalName } from './local-name.ts'
import { createRegistryAuth } from './registry-auth.ts'
import { registryFailure, unreachable } from './registry-error.ts'
import { type RetryPolicy, withRetries } from './retry.ts'

export interface RegistryOptions {
  /** Default: Docker's config file of this user. */
  credentials?: CredentialSource
  /** Hosts (`registry:5000`) that speak plain HTTP, besides localhost, `*.localhost` and 127.0.0.0/8, which always do. */
  insecure?: readonly string[]
  /** Docker Hub mirrors and the like: a registry's name to the base URL that is asked instead. */
  mirrors?: Readonly<Record<string, string>>
  retry?: RetryPolicy
  http?: Http
}

export interface SessionRequest {
  method: string
  registry: string
  /** Path and query below `/v2/`, or an absolute URL that the registry gave. */
  path: string | URL
  /** `repository:NAME:pull` or `…:pull,push`. */
  scope: string
  /** For errors: `pull manifest …`. */
  what: string
  headers?: Record<string, string>
  body?: Uint8Array | (() => AsyncIterable<Uint8Array>)
  /** Statuses that are answers; all else becomes a BuildFailure. */
  accept: readonly number[]
  signal?: AbortSignal
  /** Default true. Not for steps of which the whole is tried again. */
  retry?: boolean
}

export interface RegistrySession {
  /** @throws BuildFailure with the registry's own words */
  send(request: SessionRequest): Promise<HttpResponse>
  readonly retry: RetryPolicy
  close(): void
}

const errorBodyLimit = 64 << 10

export function createRegistrySession(options: RegistryOptions = {}): RegistrySession {
  const http = options.http ?? createHttp()
  const auth = createRegistryAuth(http, options.credentials ?? credentialsOfFile())
  const retry = options.retry ?? {}

  const baseOf = (registry: string): URL => {
    const mirror = options.mirrors?.[registry]
    if (mirror) return new URL('/v2/', mirror)
    const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry
    const plain = isLocalName(host) || options.insecure?.includes(registry)
    return new URL(`${plain ? 'http' : 'https'}://${host}/v2/`)
  }

  async function attempt(request: SessionRequest): Promise<HttpResponse> {
    const { registry, scope, what, accept } = request
    const base = baseOf(registry)
    const url = typeof request.path === 'string' ? new URL(request.path, base) : request.path
    // An upload may be handed to a host elsewhere, which has no right to the login.
    const own = url.origin === base.origin
    const send = async (authorization: string | undefined) => {
      const headers = { 'user-agent': 'slipway', ...request.headers, ...(own && authorization && { authorization }) }
      try {
        return await http.send({ ...request, url, headers })
      } catch (error) {
        throw isBuildFailure(error) || request.signal?.aborted ? error : unreachable(what, url.origin, error)
      }
    }
    let response = await send(auth.header(registry, scope))
    const challenge = response.headers['www-authenticate']
    if (response.status === 401 && own && challenge) {
      const body = await readBody(response.body, errorBodyLimit, 'the answer')
      const authorization = await auth.answer(registry, scope, challenge, url.protocol === 'https:')
      if (!authorization) throw registryFailure(what, 401, response.headers, body)
      response = await send(authorization)
    }
    if (accept.includes(response.status)) return response
    const body = await readBody(response.body, errorBodyLimit, 'the error answer').catch(() => Buffer.alloc(0))
    throw registryFailure(what, response.status, response.headers, body)
  }

  return {
    retry,
    send: request => (request.retry === false ? attempt(request) : withRetries(retry, request.signal, () => attempt(request))),
    close: () => http.close(),
  }
}

/** One request for a resource, and what answers it. */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { Log } from '@slipway/core/observe'
import type { TokenAuthority } from '../access/bearer-token.ts'
import type { Authorize, User } from '../access/user.ts'
import type { Accepted } from '../http/negotiate.ts'
import type { KubeletClient } from '../pods/kubelet-client.ts'
import type { ResourceRegistry, ServedResource } from '../served-resource.ts'
import type { Store } from '../store/store.ts'

/** What all verbs work with. */
export interface ServerContext {
  store: Store
  registry: ResourceRegistry
  tokens: TokenAuthority
  authorize: Authorize
  kubelet: KubeletClient
  /** Milliseconds since the epoch. */
  now: () => number
  log: Log
  /** Aborted when the server stops: ends watches and streams. */
  signal: AbortSignal
}

export interface Call {
  request: IncomingMessage
  response: ServerResponse
  resource: ServedResource
  /** Empty for cluster-scoped resources and for all namespaces. */
  namespace: string
  name?: string
  subresource?: string
  rest?: string
  query: URLSearchParams
  headers: IncomingHttpHeaders
  accept: Accepted
  user: User
  /** Reads the body, once. */
  body(): Promise<Buffer>
  /** Go out as Warning headers. */
  warnings: string[]
}

export interface Answer {
  code: number
  /** The body. */
  json: string
}

/** A verb; undefined when it has written the response itself. */
export type VerbHandler = (context: ServerContext, call: Call) => Promise<Answer | undefined> | Answer | undefined

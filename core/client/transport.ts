/**
 * HTTP to one API server by Node's own client: it is there anyway, where another library would cost each process 10 MB. TLS is loaded only
 * where the URL asks for it. A connection that the server had closed while it was idle is replaced once, without the caller noticing.
 */
import {
  Agent,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as plainRequest,
  type RequestOptions,
} from 'node:http'
import type { ApiConnection } from './connection.ts'

export interface TransportRequest {
  method: string
  /** Path and query. */
  path: string
  headers: Record<string, string>
  body?: string
  signal?: AbortSignal
}
export interface TransportResponse {
  status: number
  headers: IncomingHttpHeaders
  body: IncomingMessage
}
export interface TransportOptions {
  /** At most so many connections; default no limit. */
  connections?: number
  /** How long a body may pause, in milliseconds; default for ever. */
  bodyTimeoutMs?: number
}
export interface Transport {
  /** Resolves with the head of the answer. @throws Error as Node's client gives it */
  send(request: TransportRequest): Promise<TransportResponse>
  /** Ends all connections. */
  close(): void
}

const idleMs = 60_000
const headersWithinMs = 60_000
/** How often a request meets a connection that was just closed, before that is no coincidence any more. */
const staleAtMost = 3
const staleCodes = new Set(['ECONNRESET', 'EPIPE'])

type Send = (options: RequestOptions) => ClientRequest

export function httpTransport(connection: ApiConnection, { connections, bodyTimeoutMs }: TransportOptions = {}): Transport {
  const { ca, clientCert: cert, clientKey: key, socketPath } = connection
  const url = new URL(connection.url)
  const pool = { keepAlive: true, scheduling: 'lifo' as const, timeout: idleMs, ...(connections && { maxSockets: connections }) }
  const common: RequestOptions = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    ...(url.port && { port: url.port }),
    ...(socketPath && { socketPath }),
  }
  const prefix = url.pathname.replace(/\/$/, '')
  let agent: Agent | undefined
  let opened: Promise<Send> | undefined

  async function open(): Promise<Send> {
    if (url.protocol === 'http:') {
      agent = new Agent(pool)
      return plainRequest
    }
    const https = await import('node:https')
    agent = new https.Agent({ ...pool, ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }) })
    return https.request
  }

  const once = (send: Send, { method, path, headers, body, signal }: TransportRequest) =>
    new Promise<TransportResponse>((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
      const request = send({
        ...common,
        agent: agent!,
        method,
        path: prefix + path,
        headers: { ...headers, ...length },
        ...(signal && { signal }),
      })
      const late = setTimeout(() => request.destroy(new Error(`no answer within ${headersWithinMs / 1000} s`)), headersWithinMs)
      request.once('response', response => {
        clearTimeout(late)
        if (bodyTimeoutMs)
          response.setTimeout(bodyTimeoutMs, () => response.destroy(new Error(`the answer paused for ${bodyTimeoutMs} ms`)))
        // Whoever reads the body is told; where nobody does, it is no news.
        response.on('error', () => {})
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response })
      })
      request.once('error', error => {
        clearTimeout(late)
        reject(
          Object.assign(error, { wasStale: request.reusedSocket && staleCodes.has((error as NodeJS.ErrnoException).code ?? '') }),
        )
      })
      request.end(body)
    })

  return {
    async send(request) {
      const send = await (opened ??= open())
      for (let tries = 1; ; tries++) {
        try {
          return await once(send, request)
        } catch (error) {
          if (!(error as { wasStale?: boolean }).wasStale || tries === staleAtMost) throw error
        }
      }
    },
    close: () => agent?.destroy(),
  }
}

/** The whole body as text. */
export function textOf(body: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    body.setEncoding('utf8')
    body.on('data', chunk => {
      text += chunk
    })
    body.once('end', () => resolve(text))
    body.once('error', reject)
    body.once('close', () => reject(new Error('the connection was closed in the middle of the answer')))
  })
}

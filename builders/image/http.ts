/**
 * HTTP for registries and archives: one request, bodies as streams, connections kept alive, redirects followed with credentials kept at
 * home. Node's own client, not undici: a build step that needs one or two requests starts 40 ms sooner with it. TLS is loaded only
 * when used. Honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
 */
import { Agent, type ClientRequest, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { Agent as SecureAgent } from 'node:https'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { BuildFailure } from '../failure/index.ts'
import { isLocalName, lookupLocalName } from './local-name.ts'

export interface HttpRequest {
  method: string
  url: URL
  headers?: Record<string, string>
  /** A stream is made anew for each try. */
  body?: Uint8Array | (() => AsyncIterable<Uint8Array>)
  signal?: AbortSignal
  /** GET and HEAD follow up to 5 redirects unless false. */
  redirects?: boolean
}
export interface HttpResponse {
  status: number
  headers: IncomingHttpHeaders
  /** The address that answered, after redirects. */
  url: URL
  body: IncomingMessage
}
export interface Http {
  send(request: HttpRequest): Promise<HttpResponse>
  /** Closes idle connections; they do not keep the process alive either way. */
  close(): void
}

const idleMs = 60_000
const maxRedirects = 5
const redirectStatus = [301, 302, 303, 307, 308]

export function createHttp(): Http {
  const settings = { keepAlive: true, proxyEnv: process.env, timeout: idleMs }
  const plain = new Agent(settings)
  let secure: SecureAgent | undefined

  async function open(request: HttpRequest): Promise<ClientRequest> {
    const { method, url, headers, signal } = request
    const lookup = isLocalName(url.hostname) ? { lookup: lookupLocalName } : {}
    const options = { method, headers, signal, ...lookup }
    if (url.protocol === 'http:') return httpRequest(url, { ...options, agent: plain })
    const https = await import('node:https')
    secure ??= new https.Agent(settings)
    return https.request(url, { ...options, agent: secure })
  }

  async function once(request: HttpRequest): Promise<HttpResponse> {
    const outgoing = await open(request)
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve)
      outgoing.once('error', reject)
      outgoing.once('timeout', () =>
        outgoing.destroy(Object.assign(new Error(`no answer for ${idleMs / 1000} s`), { code: 'ETIMEDOUT' })),
      )
    })
    const { body } = request
    if (typeof body === 'function') {
      // A server may answer before it has read all, as it does when it refuses: then the answer counts, not the broken pipe.
      pipeline(Readable.from(body()), outgoing).catch(error => outgoing.destroy(error))
    } else outgoing.end(body)
    const message = await answered
    message.on('error', () => {})
    return { status: message.statusCode!, headers: message.headers, url: request.url, body: message }
  }

  return {
    async send(request) {
      let current = request
      const follow = request.redirects !== false && (request.method === 'GET' || request.method === 'HEAD')
      for (let hops = 0; ; hops++) {
        const response = await once(current)
        const { location } = response.headers
        if (!follow || !location || !redirectStatus.includes(response.status)) return response
        response.body.resume()
        if (hops === maxRedirects)
          throw new BuildFailure('TooManyRedirects', `${request.url.origin} redirects more than ${maxRedirects} times`, {
            blame: 'system',
          })
        const url = new URL(location, current.url)
        if (url.protocol !== 'http:' && url.protocol !== 'https:')
          throw new BuildFailure('BadRedirect', `${current.url.origin} redirects to ${url.protocol}, which is not HTTP`, {
            blame: 'system',
          })
        const headers = { ...current.headers }
        if (url.origin !== current.url.origin)
          for (const key of Object.keys(headers)) if (/^(authorization|cookie)$/i.test(key)) delete headers[key]
        current = { ...current, url, headers }
      }
    },
    close() {
      plain.destroy()
      secure?.destroy()
    },
  }
}

/** Reads a body of at most `limit` bytes. @throws BuildFailure BodyTooLarge */
export async function readBody(body: AsyncIterable<Uint8Array>, limit: number, what: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > limit) throw new BuildFailure('BodyTooLarge', `${what} is larger than ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, size)
}

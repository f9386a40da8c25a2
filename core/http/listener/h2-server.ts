/** HTTP/2 clients by prior knowledge (h2c): Node's server, each stream an exchange. */
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { Exchange, type RequestBody, type RequestHead } from '../exchange.ts'
import { badRequest } from '../failure.ts'
import { H2Sink } from './h2-sink.ts'
import type { ListenerLimits } from './limits.ts'

export function h2Server(limits: ListenerLimits, handle: (exchange: Exchange) => void): Http2Server {
  const server = createServer({
    maxSessionMemory: 32,
    maxHeaderListPairs: limits.maxHeaders,
    settings: {
      maxConcurrentStreams: limits.maxStreams,
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: 256 * 1024,
    },
  })
  server.on('sessionError', () => {})
  server.on('session', session => {
    session.setTimeout(limits.keepAliveMs, () => session.close())
    session.on('error', () => {})
  })
  server.on('stream', (stream: ServerHttp2Stream, _headers, _flags, raw) => {
    stream.on('error', () => {})
    const head = readStream(stream, raw)
    const sink = new H2Sink(stream)
    if (typeof head === 'string') {
      const { status, message, reason } = badRequest(head)
      return sink.respond(
        status,
        '',
        ['content-type', 'text/plain; charset=utf-8', 'slipway-reason', reason],
        Buffer.from(`${message}\n`),
      )
    }
    const exchange = new Exchange(head, sink)
    stream.on('close', () => exchange.clientGone())
    handle(exchange)
  })
  return server
}

// nghttp2 checks most of this; what ends in an HTTP/1.1 request line is checked here again, since a space there would forge one.
const path = /^(?:\/[\x21-\x7e\x80-\xff]*|\*)$/
const method = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

function readStream(stream: ServerHttp2Stream, raw: readonly string[]): RequestHead | string {
  const headers: string[] = []
  let cookies = ''
  const pseudo: Record<string, string> = Object.create(null)
  let host: string | undefined
  let length: number | undefined
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!
    const value = raw[i + 1]!
    if (name.charCodeAt(0) === 58) {
      pseudo[name] = value
      continue
    }
    if (name === 'cookie') {
      // HTTP/2 may split it for compression; HTTP/1.1 wants it whole (RFC 9113 §8.2.3).
      cookies = cookies ? `${cookies}; ${value}` : value
      continue
    }
    if (name === 'host') host = value
    else if (name === 'content-length') length = Number(value)
    headers.push(name, value)
  }
  if (cookies) headers.push('cookie', cookies)
  if (!method.test(pseudo[':method'] ?? '') || pseudo[':method'] === 'CONNECT') return 'the method is not served over HTTP/2'
  if (!path.test(pseudo[':path'] ?? '')) return 'the request target is not a path'
  const address = stream.session?.socket?.remoteAddress ?? 'unknown'
  return {
    method: pseudo[':method']!,
    url: pseudo[':path']!,
    host: pseudo[':authority'] ?? host ?? '',
    headers,
    body: stream.endAfterHeaders ? undefined : new H2Body(stream, length),
    upgrade: undefined,
    version: '2',
    remoteAddress: address.startsWith('::ffff:') ? address.slice(7) : address,
    scheme: 'http',
  }
}

class H2Body implements RequestBody {
  readonly stream: ServerHttp2Stream
  readonly length: number | undefined
  #trailers: string[] = []
  constructor(stream: ServerHttp2Stream, length: number | undefined) {
    this.stream = stream
    this.length = length
    stream.once('trailers', (_headers: unknown, _flags: number, raw: string[]) => {
      this.#trailers = raw
    })
  }
  trailers(): string[] {
    return this.#trailers
  }
}

/** Node's IncomingMessage as the head of an exchange: one pass over the raw headers, no header object. */
import type { IncomingMessage } from 'node:http'
import type { RequestBody, RequestHead } from '../exchange.ts'

const plainAddress = (address: string | undefined): string =>
  address === undefined ? 'unknown' : address.startsWith('::ffff:') ? address.slice(7) : address

/** @returns the head, or why the request is refused with 400. llhttp has already refused what RFC 9112 forbids in framing. */
export function readRequest(request: IncomingMessage, isUpgrade: boolean): RequestHead | string {
  const { rawHeaders } = request
  let host: string | undefined
  let length: number | undefined
  let chunked = false
  let upgrade: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!
    switch (name.length) {
      case 4:
        if (name.toLowerCase() === 'host') {
          if (host !== undefined) return 'the request has more than one Host header'
          host = rawHeaders[i + 1]!
        }
        break
      case 7:
        if (name.toLowerCase() === 'upgrade') upgrade = rawHeaders[i + 1]!
        break
      case 14:
        if (name.toLowerCase() === 'content-length') length = Number(rawHeaders[i + 1])
        break
      case 17:
        if (name.toLowerCase() === 'transfer-encoding') {
          if (rawHeaders[i + 1]!.trim().toLowerCase() !== 'chunked') return 'only the transfer coding "chunked" is known'
          chunked = true
        }
    }
  }
  let url = request.url ?? '/'
  if (url.charCodeAt(0) !== 47 && url !== '*') {
    // The absolute form names the host itself (RFC 9112 §3.2.2).
    const absolute = /^https?:\/\/([^/?#]+)([^#]*)$/i.exec(url)
    if (!absolute) return 'the request target is neither a path nor an http URL'
    host = absolute[1]!
    url = absolute[2]! || '/'
    if (url.charCodeAt(0) !== 47) url = `/${url}`
  }
  return {
    method: request.method ?? 'GET',
    url,
    host: host ?? '',
    headers: rawHeaders,
    body: chunked || (length !== undefined && length > 0) ? new H1Body(request, chunked ? undefined : length) : undefined,
    // HTTP/2 by Upgrade is obsolete (RFC 9113 §3.1); a server may go on in HTTP/1.1, and this one does.
    upgrade: isUpgrade ? upgrade : undefined,
    version: request.httpVersionMinor === 0 ? '1.0' : '1.1',
    remoteAddress: plainAddress(request.socket.remoteAddress),
    scheme: 'http',
  }
}

class H1Body implements RequestBody {
  readonly stream: IncomingMessage
  readonly length: number | undefined
  constructor(request: IncomingMessage, length: number | undefined) {
    this.stream = request
    this.length = length
  }
  trailers(): string[] {
    return this.stream.rawTrailers
  }
}

/** An exchange as the text of an HTTP/1.1 request head. */
import type { Exchange } from '../exchange.ts'
import { type ForwardedOptions, requestHeaders } from '../request-headers.ts'

/** Latin-1 text with the blank line at its end. A body of unknown length is sent chunked. */
export function requestText(exchange: Exchange, options: ForwardedOptions): string {
  const headers = requestHeaders(exchange, options)
  let text = `${exchange.method} ${exchange.url} HTTP/1.1\r\nhost: ${exchange.upstreamHost ?? exchange.host}\r\n`
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`
  if (exchange.upgrade !== undefined) text += `connection: Upgrade\r\nupgrade: ${exchange.upgrade}\r\n`
  if (exchange.body && exchange.body.length === undefined) text += 'transfer-encoding: chunked\r\n'
  return `${text}\r\n`
}

/** Methods whose requests may be sent twice. RFC 9110 §9.2.2 */
export const isIdempotent = (method: string): boolean =>
  method === 'GET' || method === 'HEAD' || method === 'PUT' || method === 'DELETE' || method === 'OPTIONS' || method === 'TRACE'

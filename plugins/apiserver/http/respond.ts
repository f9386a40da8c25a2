/** Writes answers: JSON or YAML, with a length, and Warning headers as Kubernetes writes them. */
import type { ServerResponse } from 'node:http'
import { isStatus, StatusError } from '@slipway/core/api'

export interface AnswerHead {
  code: number
  encoding?: 'json' | 'yaml'
  warnings?: readonly string[]
  headers?: Record<string, string | string[]>
}

/** RFC 7234 `299 - "text"`. Source: k8s.io/apimachinery pkg/util/net/http.go NewWarningHeader */
const warningHeader = (text: string) => `299 - "${text.replace(/[\p{Cc}]/gu, '').replace(/(["\\])/g, '\\$1')}"`

export function sendText(
  response: ServerResponse,
  { code, encoding = 'json', warnings, headers }: AnswerHead,
  text: string,
): void {
  if (response.headersSent || response.destroyed) return
  const all: Record<string, string | number | string[]> = {
    'Content-Type': encoding === 'json' ? 'application/json' : 'application/yaml',
    'Cache-Control': 'no-cache, private',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  }
  if (warnings?.length) all.Warning = [...new Set(warnings)].map(warningHeader)
  response.writeHead(code, all)
  response.end(text)
}

export async function sendJson(response: ServerResponse, head: AnswerHead, json: string): Promise<void> {
  if (head.encoding !== 'yaml') return sendText(response, head, json)
  const { stringify } = await import('yaml')
  sendText(response, head, stringify(JSON.parse(json)))
}

/** Any failure as a Status; what is not a StatusError is a fault of the server's own and is told to `onFault`. */
export function sendError(
  response: ServerResponse,
  error: unknown,
  onFault: (error: unknown) => void,
  warnings?: readonly string[],
): void {
  const status = isStatus(error)
    ? error
    : new StatusError(500, 'InternalError', `Internal error occurred: ${error instanceof Error ? error.message : error}`)
  if (!isStatus(error)) onFault(error)
  // A stream that has begun cannot say why it ends; that it ends must be seen.
  if (response.headersSent) return void response.destroy()
  const after = status.details?.retryAfterSeconds
  sendText(
    response,
    { code: status.code, ...(warnings && { warnings }), ...(after && { headers: { 'Retry-After': String(after) } }) },
    `${JSON.stringify(status.toStatus())}\n`,
  )
}

/** What Go's mux answers to a path that nobody serves. */
export function sendPathNotFound(response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' })
  response.end('404 page not found\n')
}

/** Answers an HTTP/1.x client through Node's ServerResponse. */
import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { ResponseSink } from '../exchange.ts'
import { joinTunnel } from './tunnel.ts'

/** Up to here a body is written as Latin-1 text: Node then sends head and body in one write, which is worth a fourth of all requests a second. */
const oneWriteBytes = 16 * 1024

export class H1Sink implements ResponseSink {
  readonly #response: ServerResponse
  #wrote = false

  constructor(response: ServerResponse) {
    this.#response = response
  }

  respond(status: number, message: string, headers: string[], body: Buffer): void {
    const response = this.#response
    writeHead(response, status, message, headers)
    if (body.length === 0) response.end()
    else if (body.length <= oneWriteBytes) response.end(body.toString('latin1'), 'latin1')
    else response.end(body)
  }
  start(status: number, message: string, headers: string[]): void {
    writeHead(this.#response, status, message, headers)
    // The first piece of the body mostly comes with the head and is sent with it; an event stream's may come much later.
    process.nextTick(() => {
      if (!this.#wrote) this.#response.flushHeaders()
    })
  }
  write(chunk: Buffer): boolean {
    this.#wrote = true
    return chunk.length <= oneWriteBytes ? this.#response.write(chunk.toString('latin1'), 'latin1') : this.#response.write(chunk)
  }
  end(trailers: string[] | undefined): void {
    this.#wrote = true
    if (trailers?.length) this.#response.addTrailers(pairsOf(trailers))
    this.#response.end()
  }
  inform(status: number, headers: string[]): void {
    if (status === 100) this.#response.writeContinue()
    else if (status === 103) {
      const hints: Record<string, string | string[]> = Object.create(null)
      for (const [name, value] of pairsOf(headers)) {
        const lower = name.toLowerCase()
        hints[lower] = hints[lower] === undefined ? value : [hints[lower], value].flat()
      }
      if (hints.link) this.#response.writeEarlyHints(hints)
    }
  }
  tunnel(status: number, message: string, headers: string[], upstream: Socket, early: Buffer): void {
    const socket = this.#response.socket
    if (!socket) return void upstream.destroy()
    this.#response.detachSocket(socket)
    joinTunnel(socket, upstream, status, message, headers, early)
  }
  onDrain(resume: () => void): void {
    this.#response.once('drain', resume)
  }
  abort(): void {
    this.#response.destroy()
  }
}

function writeHead(response: ServerResponse, status: number, message: string, headers: string[]): void {
  // Node refuses to announce trailers of a message that is not chunked.
  const list = hasLength(headers) ? without(headers, 'trailer') : headers
  if (message) response.writeHead(status, message, list)
  else response.writeHead(status, list)
}
function hasLength(headers: string[]): boolean {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]!.length === 14 && headers[i]!.toLowerCase() === 'content-length') return true
  return false
}
function without(headers: string[], lower: string): string[] {
  for (let i = 0; i < headers.length; i += 2)
    if (headers[i]!.length === lower.length && headers[i]!.toLowerCase() === lower)
      return headers.filter((_, at) => headers[at & ~1]!.toLowerCase() !== lower)
  return headers
}
function pairsOf(flat: string[]): [string, string][] {
  const pairs: [string, string][] = []
  for (let i = 0; i < flat.length; i += 2) pairs.push([flat[i]!, flat[i + 1]!])
  return pairs
}

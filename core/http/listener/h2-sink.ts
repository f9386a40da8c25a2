/** Answers an HTTP/2 client on its stream. */
import { constants, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import type { ResponseSink } from '../exchange.ts'
import { headerObject } from '../h2/header-object.ts'

export class H2Sink implements ResponseSink {
  readonly #stream: ServerHttp2Stream
  #trailers: string[] | undefined

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream
  }

  respond(status: number, _message: string, headers: string[], body: Buffer): void {
    const stream = this.#stream
    if (stream.destroyed) return
    stream.respond({ ...headerObject(headers), ':status': status }, { endStream: body.length === 0 })
    if (body.length > 0) stream.end(body)
    this.#stopReading()
  }
  start(status: number, _message: string, headers: string[]): void {
    const stream = this.#stream
    if (stream.destroyed) return
    stream.respond({ ...headerObject(headers), ':status': status }, { waitForTrailers: true })
    stream.once('wantTrailers', () => {
      if (!stream.destroyed) stream.sendTrailers(headerObject(this.#trailers ?? []))
    })
  }
  write(chunk: Buffer): boolean {
    return this.#stream.destroyed || this.#stream.write(chunk)
  }
  end(trailers: string[] | undefined): void {
    this.#trailers = trailers
    if (!this.#stream.destroyed) this.#stream.end()
    this.#stopReading()
  }
  inform(status: number, headers: string[]): void {
    const stream = this.#stream
    if (!stream.destroyed && !stream.headersSent) stream.additionalHeaders({ ...headerObject(headers), ':status': status })
  }
  tunnel(_status: number, _message: string, _headers: string[], upstream: Socket): void {
    upstream.destroy()
    this.abort()
  }
  onDrain(resume: () => void): void {
    this.#stream.once('drain', resume)
  }
  abort(): void {
    this.#stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
  /** An answer before the end of the request: the rest of the body is read and dropped, or the stream would never close. */
  #stopReading(): void {
    if (!this.#stream.readableEnded) this.#stream.resume()
  }
}

/** One HTTP/1.1 connection to an upstream; carries one exchange at a time. */
import { connect, type Socket } from 'node:net'
import type { Exchange } from '../exchange.ts'
import { badResponse, connectFailed, connectTimeout, upstreamReset } from '../failure.ts'
import { endpointText } from '../hop.ts'
import type { H1Pool } from './pool.ts'
import { type BodySending, sendBody } from './request-body.ts'
import { isIdempotent, requestText } from './request-text.ts'
import { type ResponseEvents, ResponseParser } from './response-parser.ts'

export class H1Connection implements ResponseEvents {
  /** Milliseconds since the epoch. */
  idleSince = 0
  readonly #pool: H1Pool
  readonly #socket: Socket
  readonly #parser: ResponseParser
  #exchange: Exchange | undefined
  #sending: BodySending | undefined
  #connected = false
  #reused = false
  #answered = false
  #cancelConnect: (() => void) | undefined

  constructor(pool: H1Pool) {
    this.#pool = pool
    const { host, port } = pool.endpoint
    this.#parser = new ResponseParser(this)
    const socket = connect({ host, port, noDelay: true })
    this.#socket = socket
    this.#cancelConnect = pool.options.clock.after(pool.options.connectTimeoutMs, () => {
      this.#fail(connectTimeout(endpointText(pool.endpoint), pool.options.connectTimeoutMs))
    })
    socket.on('connect', this.#onConnect)
    socket.on('data', this.#onSocketData)
    socket.on('end', this.#onSocketEnd)
    socket.on('error', this.#onSocketError)
    socket.on('close', this.#onClose)
  }

  get usable(): boolean {
    return !this.#socket.destroyed && this.#socket.readyState === 'open'
  }
  /** How long it may stay idle. */
  get idleLimitMs(): number {
    const hinted = this.#parser.keepAliveMs
    return hinted === undefined ? this.#pool.options.idleMs : Math.min(Math.max(hinted - 1000, 0), 60_000)
  }

  send(exchange: Exchange): void {
    this.#exchange = exchange
    this.#answered = false
    this.#reused = this.#connected
    this.#parser.expect(exchange.method === 'HEAD')
    exchange.cancel = this.#abort
    const text = requestText(exchange, this.#pool.options)
    if (!exchange.body) return void this.#socket.write(text, 'latin1')
    this.#socket.cork()
    this.#socket.write(text, 'latin1')
    // Until it is connected the body is left with the client, so that another endpoint can still be tried.
    if (this.#connected) this.#sending = sendBody(exchange, this.#socket)
    process.nextTick(uncork, this.#socket)
  }

  destroy(): void {
    this.#socket.destroy()
  }

  // Arrow properties: one closure a connection, none a request.
  readonly #abort = (): void => {
    this.#release()
    this.#socket.destroy()
  }
  readonly #onConnect = (): void => {
    this.#connected = true
    this.#cancelConnect?.()
    this.#cancelConnect = undefined
    if (this.#exchange?.body && !this.#sending) this.#sending = sendBody(this.#exchange, this.#socket)
  }
  readonly #onSocketData = (data: Buffer): void => {
    if (!this.#exchange) return void this.#socket.destroy()
    this.#answered = true
    try {
      const extra = this.#parser.execute(data)
      if (extra.length) this.#socket.destroy()
    } catch (error) {
      this.#fail(badResponse(endpointText(this.#pool.endpoint), error instanceof Error ? error.message : String(error)))
    }
  }
  readonly #onSocketEnd = (): void => {
    if (!this.#exchange || this.#parser.finish()) return void this.#socket.destroy()
    this.#lost('connection ended')
  }
  readonly #onSocketError = (error: NodeJS.ErrnoException): void => {
    if (!this.#exchange) return
    if (this.#connected) this.#lost(error.code ?? error.message)
    else this.#fail(connectFailed(endpointText(this.#pool.endpoint), error.code ?? error.message))
  }
  readonly #onClose = (): void => {
    this.#cancelConnect?.()
    this.#cancelConnect = undefined
    if (this.#exchange) this.#lost('connection closed')
    this.#pool.closed(this)
  }

  /** The connection ended in the middle of an exchange. An idle one that the upstream had just closed is no fault: a fresh one is used. */
  #lost(why: string): void {
    const exchange = this.#exchange!
    const untouched = this.#reused && !this.#answered
    if (untouched && exchange.replayable && isIdempotent(exchange.method)) {
      this.#release()
      this.#socket.destroy()
      return void this.#pool.sendFresh(exchange)
    }
    this.#fail(upstreamReset(endpointText(this.#pool.endpoint), why))
  }
  #fail(failure: Parameters<Exchange['fail']>[0]): void {
    const exchange = this.#exchange
    this.#release()
    this.#socket.destroy()
    exchange?.fail(failure)
  }
  #release(): void {
    this.#exchange = undefined
    this.#sending?.detach()
    this.#sending = undefined
  }
  /** The answer is whole: back to the pool, if both sides are done. */
  #recycle(exchange: Exchange): void {
    const sent = !exchange.body || this.#sending?.done === true
    this.#release()
    if (this.#parser.keepAlive && sent && !this.#socket.destroyed) this.#pool.recycle(this)
    else this.#socket.destroy()
  }

  onInform(status: number, headers: string[]): void {
    this.#exchange?.inform(status, headers)
  }
  onWhole(status: number, message: string, headers: string[], body: Buffer): void {
    const exchange = this.#exchange!
    this.#recycle(exchange)
    exchange.respond(status, message, headers, body)
  }
  onStart(status: number, message: string, headers: string[]): void {
    this.#exchange!.start(status, message, headers)
  }
  onData(chunk: Buffer): void {
    const exchange = this.#exchange
    if (!exchange || exchange.write(chunk)) return
    this.#socket.pause()
    exchange.onDrain(this.#resume)
  }
  onEnd(trailers: string[] | undefined): void {
    const exchange = this.#exchange
    if (!exchange) return
    if (this.#socket.isPaused()) this.#socket.resume()
    this.#recycle(exchange)
    exchange.end(trailers)
  }
  onSwitch(status: number, message: string, headers: string[], rest: Buffer): void {
    const exchange = this.#exchange!
    if (exchange.upgrade === undefined)
      return void this.#fail(badResponse(endpointText(this.#pool.endpoint), 'it switched protocols unasked'))
    const socket = this.#socket
    this.#release()
    socket.off('data', this.#onSocketData)
    socket.off('end', this.#onSocketEnd)
    exchange.tunnel(status, message, headers, socket, rest)
  }
  readonly #resume = (): void => {
    this.#socket.resume()
  }
}

const uncork = (socket: Socket): void => socket.uncork()

/**
 * One request on its way through the data plane: what was asked, where the answer goes, and the hooks that wrappers hang on it.
 * It is one mutable object and callbacks, not promises: a promise, a response object and a stream for each request cost more than the
 * whole rest of the hop (docs/decisions/007-http-exchange.md). It knows no protocol: a listener makes it, `forward` answers it.
 */
import type { Readable } from 'node:stream'
import type { HopFailure } from './failure.ts'
import type { HeaderOverrides } from './header-overrides.ts'

export interface RequestBody {
  readonly stream: Readable
  /** Bytes, where the client said so. */
  readonly length: number | undefined
  /** Raw trailers; complete once the stream has ended. */
  trailers(): string[]
}

export interface RequestHead {
  readonly method: string
  /** Path and query, as received; `*` for OPTIONS. */
  readonly url: string
  /** The Host header or `:authority`, as received, with its port. */
  readonly host: string
  /** Flat raw pairs as received, HTTP/2's pseudo-headers left out. */
  readonly headers: string[]
  readonly body: RequestBody | undefined
  /** The protocol of an `Upgrade` request, such as `websocket`. */
  readonly upgrade: string | undefined
  readonly version: '1.0' | '1.1' | '2'
  readonly remoteAddress: string
  readonly scheme: 'http' | 'https'
}

/** Where an answer goes. Headers are flat raw pairs without hop-by-hop ones. */
export interface ResponseSink {
  /** The whole answer at once: the cheapest way. */
  respond(status: number, message: string, headers: string[], body: Buffer): void
  start(status: number, message: string, headers: string[]): void
  /** False: wait for `onDrain`. */
  write(chunk: Buffer): boolean
  end(trailers: string[] | undefined): void
  /** 100 Continue, 103 Early Hints. */
  inform(status: number, headers: string[]): void
  /** 101: from here on both sides are one tunnel. */
  tunnel(status: number, message: string, headers: string[], upstream: import('node:net').Socket, early: Buffer): void
  onDrain(resume: () => void): void
  /** Cuts the connection or resets the stream, so that the client sees that the answer is not whole. */
  abort(): void
}

/** `complete`: the whole answer was handed on. `failed`: answered with an error of ours, or cut. `gone`: the client left first. */
export type Outcome = 'complete' | 'failed' | 'gone'

export class Exchange implements RequestHead {
  readonly method: string
  readonly url: string
  readonly host: string
  readonly headers: string[]
  readonly body: RequestBody | undefined
  readonly upgrade: string | undefined
  readonly version: '1.0' | '1.1' | '2'
  readonly remoteAddress: string
  readonly scheme: 'http' | 'https'

  /** Headers for the upstream; each replaces what was received under its name. */
  overrides: HeaderOverrides | undefined
  /** The host that the upstream is to see instead of the client's. */
  upstreamHost: string | undefined
  /** True once a byte of the body was read: from then on it can't be sent again. */
  bodyTaken = false
  /** The status that was sent on, 0 until then. */
  status = 0
  ended = false
  /** Set by whoever works on it now; stops that work. */
  cancel: (() => void) | undefined

  readonly #sink: ResponseSink
  #endHooks: ((outcome: Outcome) => void)[] | undefined
  #startHooks: (() => void)[] | undefined
  #dataHooks: (() => void)[] | undefined
  #failureHooks: ((failure: HopFailure) => boolean)[] | undefined

  constructor(head: RequestHead, sink: ResponseSink) {
    this.method = head.method
    this.url = head.url
    this.host = head.host
    this.headers = head.headers
    this.body = head.body
    this.upgrade = head.upgrade
    this.version = head.version
    this.remoteAddress = head.remoteAddress
    this.scheme = head.scheme
    this.#sink = sink
  }

  /** Calls back once, when nothing more will happen. */
  onEnd(hook: (outcome: Outcome) => void): void {
    if (this.#endHooks) this.#endHooks.push(hook)
    else this.#endHooks = [hook]
  }
  /** Calls back as the status line is sent on. */
  onStart(hook: () => void): void {
    if (this.#startHooks) this.#startHooks.push(hook)
    else this.#startHooks = [hook]
  }
  /** Calls back at each piece of the answer, for idle timeouts. */
  onData(hook: () => void): void {
    if (this.#dataHooks) this.#dataHooks.push(hook)
    else this.#dataHooks = [hook]
  }
  /** Offers a failure before it is answered, the last hook first; who returns true has taken over and answers in another way. */
  onFailure(hook: (failure: HopFailure) => boolean): void {
    if (this.#failureHooks) this.#failureHooks.push(hook)
    else this.#failureHooks = [hook]
  }

  get started(): boolean {
    return this.status !== 0
  }
  /** May the request be sent again, as far as its body goes? */
  get replayable(): boolean {
    return !this.started && !this.ended && !this.bodyTaken
  }

  respond(status: number, message: string, headers: string[], body: Buffer): void {
    if (this.ended) return
    this.#begin(status)
    this.#sink.respond(status, message, headers, body)
    this.#finish('complete')
  }
  start(status: number, message: string, headers: string[]): void {
    if (this.ended) return
    this.#begin(status)
    this.#sink.start(status, message, headers)
  }
  /** False: stop until `onDrain` calls. */
  write(chunk: Buffer): boolean {
    if (this.ended) return true
    if (this.#dataHooks) for (const hook of this.#dataHooks) hook()
    return this.#sink.write(chunk)
  }
  onDrain(resume: () => void): void {
    this.#sink.onDrain(resume)
  }
  end(trailers?: string[]): void {
    if (this.ended) return
    this.#sink.end(trailers)
    this.#finish('complete')
  }
  inform(status: number, headers: string[]): void {
    if (!this.started && !this.ended) this.#sink.inform(status, headers)
  }
  /** Hands both sockets over; the exchange ends when the tunnel does. */
  tunnel(status: number, message: string, headers: string[], upstream: import('node:net').Socket, early: Buffer): void {
    if (this.ended) return void upstream.destroy()
    this.#begin(status)
    this.cancel = () => upstream.destroy()
    if (this.#dataHooks) for (const hook of this.#dataHooks) upstream.on('data', hook)
    upstream.once('close', () => this.#finish('complete'))
    this.#sink.tunnel(status, message, headers, upstream, early)
  }

  /** Something went wrong upstream: another endpoint is tried, or the client is told, or the answer is cut. */
  fail(failure: HopFailure): void {
    if (this.ended) return
    this.cancel = undefined
    const hooks = this.#failureHooks
    if (hooks) for (let i = hooks.length - 1; i >= 0; i--) if (hooks[i]!(failure)) return
    this.refuse(failure)
  }
  /** Like fail, without another try: stops the work under way too. */
  refuse(failure: HopFailure): void {
    if (this.ended) return
    const cancel = this.cancel
    this.cancel = undefined
    if (this.started) {
      this.#sink.abort()
      this.#finish('failed')
    } else {
      const body = Buffer.from(`${failure.message}\n`)
      const headers = ['content-type', 'text/plain; charset=utf-8', 'content-length', `${body.length}`]
      headers.push('slipway-reason', failure.reason)
      if (failure.retryAfterSeconds !== undefined) headers.push('retry-after', `${failure.retryAfterSeconds}`)
      this.#begin(failure.status)
      this.#sink.respond(failure.status, '', headers, body)
      this.#finish('failed')
    }
    cancel?.()
  }
  /** The client left: the upstream's work is stopped. */
  clientGone(): void {
    if (this.ended) return
    const cancel = this.cancel
    this.cancel = undefined
    this.#finish('gone')
    cancel?.()
  }

  #begin(status: number): void {
    this.status = status
    if (this.#startHooks) for (const hook of this.#startHooks) hook()
  }
  #finish(outcome: Outcome): void {
    if (this.ended) return
    this.ended = true
    this.cancel = undefined
    const hooks = this.#endHooks
    this.#endHooks = this.#failureHooks = this.#startHooks = this.#dataHooks = undefined
    if (hooks) for (const hook of hooks) hook(outcome)
  }
}

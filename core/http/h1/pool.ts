/** The HTTP/1.1 connections to one endpoint: the last one used is used next; those idle too long are closed. */
import type { Clock } from '../../observe/clock.ts'
import type { Exchange } from '../exchange.ts'
import type { Endpoint } from '../hop.ts'
import type { ForwardedOptions } from '../request-headers.ts'
import { H1Connection } from './connection.ts'
import { isIdempotent } from './request-text.ts'

export interface PoolOptions extends ForwardedOptions {
  clock: Clock
  /** How long connecting may take; milliseconds. */
  connectTimeoutMs: number
  /** How long a connection is kept without use where the upstream gives no `Keep-Alive: timeout`; milliseconds. */
  idleMs: number
  /** Idle connections kept to one endpoint at most. */
  maxIdle: number
}

/** A request that can't be sent twice takes no connection that has been idle for longer: its upstream may just be closing it. */
const surelyOpenMs = 1000
const sweepMs = 1000

export class H1Pool {
  readonly endpoint: Endpoint
  readonly options: PoolOptions
  readonly #onEmpty: (pool: H1Pool) => void
  readonly #idle: H1Connection[] = []
  #open = 0
  #retired = false
  #cancelSweep: (() => void) | undefined

  constructor(endpoint: Endpoint, options: PoolOptions, onEmpty: (pool: H1Pool) => void) {
    this.endpoint = endpoint
    this.options = options
    this.#onEmpty = onEmpty
  }

  send(exchange: Exchange): void {
    const connection = this.#take(exchange)
    if (connection) connection.send(exchange)
    else this.sendFresh(exchange)
  }
  sendFresh(exchange: Exchange): void {
    this.#open++
    new H1Connection(this).send(exchange)
  }
  #take(exchange: Exchange): H1Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (!connection) return undefined
      if (!connection.usable) continue
      if (!isIdempotent(exchange.method) && this.options.clock.now() - connection.idleSince > surelyOpenMs) {
        connection.destroy()
        continue
      }
      return connection
    }
  }

  recycle(connection: H1Connection): void {
    if (this.#retired || this.#idle.length >= this.options.maxIdle) return void connection.destroy()
    connection.idleSince = this.options.clock.now()
    this.#idle.push(connection)
    this.#cancelSweep ??= this.options.clock.after(sweepMs, this.#sweep)
  }
  closed(connection: H1Connection): void {
    this.#open--
    const at = this.#idle.indexOf(connection)
    if (at >= 0) this.#idle.splice(at, 1)
    if (this.#open === 0) {
      this.#cancelSweep?.()
      this.#cancelSweep = undefined
      this.#onEmpty(this)
    }
  }
  /** Closes idle connections now and the others as they become idle. */
  retire(): void {
    this.#retired = true
    for (const connection of this.#idle.splice(0)) connection.destroy()
  }
  readonly #sweep = (): void => {
    const now = this.options.clock.now()
    for (const connection of [...this.#idle])
      if (now - connection.idleSince >= connection.idleLimitMs) {
        this.#idle.splice(this.#idle.indexOf(connection), 1)
        connection.destroy()
      }
    this.#cancelSweep = this.#idle.length ? this.options.clock.after(sweepMs, this.#sweep) : undefined
  }
}

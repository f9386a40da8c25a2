/** A limit of exchanges at once with a bounded queue, first come first served. Source: knative.dev/serving pkg/queue/breaker.go */
import type { Exchange } from './exchange.ts'
import { overloaded } from './failure.ts'
import type { Hop } from './hop.ts'

export interface BreakerOptions {
  /** At once; 0 is no limit. */
  limit: number
  /** Waiting at most; further ones are refused with 503. */
  queueDepth: number
}

export class Breaker {
  #limit: number
  #queueDepth: number
  #active = 0
  #waiting: { exchange: Exchange; start: () => void }[] = []

  constructor({ limit, queueDepth }: BreakerOptions) {
    this.#limit = limit
    this.#queueDepth = queueDepth
  }
  get active(): number {
    return this.#active
  }
  get waiting(): number {
    return this.#waiting.length
  }
  /** Calls `start` now or when there is room; never, if the exchange ends before. */
  enter(exchange: Exchange, start: () => void): void {
    if (this.#limit === 0 || this.#active < this.#limit) return void this.#begin(exchange, start)
    if (this.#waiting.length >= this.#queueDepth)
      return void exchange.refuse(
        overloaded(`pending request queue full: ${this.#limit} at once, ${this.#waiting.length} waiting`),
      )
    const entry = { exchange, start }
    this.#waiting.push(entry)
    exchange.onEnd(() => {
      const at = this.#waiting.indexOf(entry)
      if (at >= 0) this.#waiting.splice(at, 1)
    })
  }
  /** A changed limit holds for what comes next; nothing under way is stopped. */
  resize({ limit, queueDepth }: BreakerOptions): void {
    this.#limit = limit
    this.#queueDepth = queueDepth
    this.#admit()
  }
  #begin(exchange: Exchange, start: () => void): void {
    this.#active++
    exchange.onEnd(this.#leave)
    start()
  }
  readonly #leave = (): void => {
    this.#active--
    this.#admit()
  }
  #admit(): void {
    while (this.#waiting.length && (this.#limit === 0 || this.#active < this.#limit)) {
      const { exchange, start } = this.#waiting.shift()!
      if (!exchange.ended) this.#begin(exchange, start)
    }
  }
}

/** Puts a breaker before a hop. @param breakerOf the breaker of a target, or undefined where it has no limit */
export const limited =
  <T>(breakerOf: (target: T) => Breaker | undefined) =>
  (next: Hop<T>): Hop<T> =>
  (exchange, target) => {
    const breaker = breakerOf(target)
    if (breaker) breaker.enter(exchange, () => next(exchange, target))
    else next(exchange, target)
  }

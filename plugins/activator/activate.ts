/**
 * The activator's hop: picks a pod, or holds the request until there is one; tries another pod where one fails before it has begun.
 * Source: knative.dev/serving pkg/activator/handler/handler.go, pkg/activator/net/throttler.go
 */
import {
  type Exchange,
  type Hop,
  type HopFailure,
  isError,
  type Meters,
  noEndpoint,
  type Outcome,
  timedOut,
  tooManyHeld,
} from '@slipway/core/http'
import type { Clock } from '@slipway/core/observe'
import type { PodTarget, RevisionTarget } from '@slipway/core/plugin'
import type { PodState, RevisionState, Waiter } from './revision-state.ts'
import type { RevisionTable } from './revision-table.ts'

export interface ActivateOptions {
  table: RevisionTable
  next: Hop<PodTarget>
  meters: Meters
  /** Milliseconds of a clock that does not jump. */
  now(): number
  clock: Clock
  /** Told when a request waits for a revision that has no pod. */
  poke(revision: string): void
  /** Held in all, and for one revision, at most. */
  maxHeld: number
  maxHeldPerRevision: number
}

const mostTries = 4
const idempotent = new Set(['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS', 'TRACE'])

export function activate(options: ActivateOptions): Hop<RevisionTarget> {
  const total = { held: 0 }
  return (exchange, { key }) => new Attempt(exchange, options.table.of(key), options, total).go(undefined)
}

class Attempt implements Waiter {
  readonly #exchange: Exchange
  readonly #state: RevisionState
  readonly #options: ActivateOptions
  readonly #total: { held: number }
  #pod: PodState | undefined
  #waiting = false
  #cancelWait: (() => void) | undefined
  #tries = 0

  constructor(exchange: Exchange, state: RevisionState, options: ActivateOptions, total: { held: number }) {
    this.#exchange = exchange
    this.#state = state
    this.#options = options
    this.#total = total
    options.meters.of(state.key).enter(options.now())
    exchange.onEnd(outcome => this.#end(outcome))
    exchange.onFailure(failure => this.#failed(failure))
  }
  get left(): boolean {
    return this.#exchange.ended
  }

  go(except: PodState | undefined): void {
    this.#tries++
    const pod = this.#state.take(except)
    if (pod) this.#send(pod)
    else this.#hold()
  }
  proceed(pod: PodState): void {
    this.#stopWaiting()
    this.#send(pod)
  }

  #send(pod: PodState): void {
    this.#pod = pod
    this.#options.next(this.#exchange, pod.target)
  }
  #hold(): void {
    const { maxHeld, maxHeldPerRevision, clock, table } = this.#options
    const state = this.#state
    if (this.#total.held >= maxHeld || state.held >= maxHeldPerRevision)
      return void this.#exchange.refuse(
        tooManyHeld(`too many requests wait for ${state.key}: ${state.held} for it, ${this.#total.held} in all; try again`),
      )
    this.#waiting = true
    this.#total.held++
    state.wait(this)
    const { totalSeconds } = state.settings.timeouts
    if (totalSeconds > 0)
      this.#cancelWait = clock.after(totalSeconds * 1000, () => this.#exchange.refuse(this.#waitedTooLong(totalSeconds)))
    if (!state.hasHealthy) this.#options.poke(state.key)
    table.wake(state)
  }
  #waitedTooLong(seconds: number): HopFailure {
    const { key, known, pods } = this.#state
    if (!known) return noEndpoint(`revision ${key} does not exist (any more)`)
    const why = pods.size ? `none of its ${pods.size} pods took it` : 'it has no pod'
    return { ...timedOut(seconds), message: `request timeout: waited ${seconds} s for ${key}; ${why}` }
  }
  #stopWaiting(): void {
    this.#waiting = false
    this.#total.held--
    this.#cancelWait?.()
    this.#cancelWait = undefined
  }

  #failed(failure: HopFailure): boolean {
    const pod = this.#pod
    if (!pod) return false
    const { reason, untouched } = failure
    if (reason === 'ConnectFailed' || reason === 'ConnectTimeout') this.#options.table.suspect(this.#state, pod)
    if (reason === 'Overloaded') return false
    const again = untouched || (reason === 'UpstreamReset' && idempotent.has(this.#exchange.method))
    if (!again || !this.#exchange.replayable || this.#tries >= mostTries) return false
    this.#pod = undefined
    this.#state.release(pod)
    this.go(this.#state.pods.size > 1 ? pod : undefined)
    return true
  }
  #end(outcome: Outcome): void {
    const { meters, now, table } = this.#options
    meters.of(this.#state.key).leave(now(), isError(this.#exchange, outcome))
    if (this.#waiting) {
      this.#stopWaiting()
      this.#state.leave()
      table.forgetIfIdle(this.#state)
    }
    const pod = this.#pod
    this.#pod = undefined
    if (pod) this.#state.release(pod)
  }
}

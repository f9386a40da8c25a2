/**
 * The last hop before a pod: its timeouts start, its concurrency is kept, then the request goes out.
 * Source: knative.dev/serving pkg/queue/sharedmain/handlers.go (the order of the handlers), pkg/queue/breaker.go
 */
import { around, Breaker, type Forwarder, type Layer, limited, withDeadline } from '@slipway/core/http'
import type { Clock } from '@slipway/core/observe'
import type { PodHop, PodTarget } from '@slipway/core/plugin'

/** As many wait for a pod as ten rounds of it would take; more are refused. Source: knative.dev/serving pkg/queue/sharedmain/main.go */
const queueRounds = 10

/** One breaker a pod, as long as the pod is known. */
export function podBreakers(): (target: PodTarget) => Breaker | undefined {
  const breakers = new WeakMap<object, Breaker>()
  return ({ endpoint, containerConcurrency: limit }) => {
    if (limit === 0) return undefined
    let breaker = breakers.get(endpoint)
    if (!breaker) breakers.set(endpoint, (breaker = new Breaker({ limit, queueDepth: limit * queueRounds })))
    return breaker
  }
}

const deadline =
  (clock: Clock): Layer<PodTarget> =>
  next =>
  (exchange, target) => {
    withDeadline(exchange, target.timeouts, clock)
    next(exchange, target)
  }

export function podHop(forwarder: Forwarder, clock: Clock): PodHop {
  return {
    hop: around<PodTarget>(
      (exchange, { endpoint }) => forwarder.hop(exchange, endpoint),
      deadline(clock),
      limited(podBreakers()),
    ),
    retire: endpoint => forwarder.retire(endpoint),
  }
}

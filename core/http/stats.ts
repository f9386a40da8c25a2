/**
 * What the autoscaler is told: how many requests a revision had at once, as an integral over time, and how many came.
 * Source: knative.dev/networking pkg/http/stats/request.go, knative.dev/serving pkg/autoscaler/metrics/stat.go
 */
import type { Exchange, Outcome } from './exchange.ts'
import type { Hop } from './hop.ts'

/** One report of one reporter about one revision; POSTed as a JSON array. */
export interface Stat {
  /** `NAMESPACE/REVISION` */
  revision: string
  /** The pod or process that measured. */
  reporter: string
  /** Milliseconds since the epoch, end of the time that the figures stand for. */
  time: number
  /** Requests at once, on average since the last report; those that wait count too. */
  averageConcurrency: number
  /** Requests that came since the last report. */
  requestCount: number
  /** Requests that ended since the last report with 5xx or without a whole answer; a client that left first is no error. */
  errorCount: number
  /** Of the requests, the ones that another reporter (a queue-proxy) sees too. */
  averageProxiedConcurrency: number
  proxiedRequestCount: number
  /** A request waits and no pod is there: decide now, not at the next tick. */
  poke?: boolean
}

/** Counts one revision. Times are milliseconds of any clock that does not jump. */
export class Meter {
  #active = 0
  #count = 0
  #errors = 0
  #area = 0
  #since: number
  #changed: number

  constructor(now: number) {
    this.#since = now
    this.#changed = now
  }
  get active(): number {
    return this.#active
  }
  enter(now: number): void {
    this.#advance(now)
    this.#active++
    this.#count++
  }
  leave(now: number, isError = false): void {
    this.#advance(now)
    this.#active--
    if (isError) this.#errors++
  }
  /** The figures since the last call, or since the start. */
  take(now: number): Pick<Stat, 'averageConcurrency' | 'requestCount' | 'errorCount'> {
    this.#advance(now)
    const span = now - this.#since
    const taken = {
      averageConcurrency: span > 0 ? this.#area / span : this.#active,
      requestCount: this.#count,
      errorCount: this.#errors,
    }
    this.#since = now
    this.#area = 0
    this.#count = 0
    this.#errors = 0
    return taken
  }
  #advance(now: number): void {
    if (now > this.#changed) {
      this.#area += this.#active * (now - this.#changed)
      this.#changed = now
    }
  }
}

/** The meters of all revisions that this process serves. */
export class Meters {
  readonly #meters = new Map<string, { meter: Meter; quiet: boolean }>()
  readonly #now: () => number
  constructor(now: () => number) {
    this.#now = now
  }
  of(revision: string): Meter {
    let entry = this.#meters.get(revision)
    if (!entry) this.#meters.set(revision, (entry = { meter: new Meter(this.#now()), quiet: false }))
    return entry.meter
  }
  /** True while there is something to report. */
  get busy(): boolean {
    return this.#meters.size > 0
  }
  /** Reports all, and a last zero of those that have become quiet; these are then forgotten. */
  take(reporter: string, wallClock: number): Stat[] {
    const now = this.#now()
    const stats: Stat[] = []
    for (const [revision, entry] of this.#meters) {
      const taken = entry.meter.take(now)
      const quiet = entry.meter.active === 0 && taken.requestCount === 0 && taken.averageConcurrency === 0
      stats.push({
        revision,
        reporter,
        time: wallClock,
        ...taken,
        averageProxiedConcurrency: 0,
        proxiedRequestCount: 0,
      })
      if (quiet && entry.quiet) this.#meters.delete(revision)
      entry.quiet = quiet
    }
    return stats
  }
}

/** Did a request end as one that a canary is blamed for? */
export const isError = ({ status }: Exchange, outcome: Outcome): boolean =>
  outcome === 'failed' || (outcome === 'complete' && status >= 500)

/** Counts what passes. @param meterOf the meter of a target */
export const counted =
  <T>(meterOf: (target: T) => Meter, now: () => number) =>
  (next: Hop<T>): Hop<T> =>
  (exchange: Exchange, target: T) => {
    const meter = meterOf(target)
    meter.enter(now())
    exchange.onEnd(outcome => meter.leave(now(), isError(exchange, outcome)))
    next(exchange, target)
  }

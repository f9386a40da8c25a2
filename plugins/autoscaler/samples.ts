/**
 * What was measured of one revision, second by second. A second without a sample counts as zero, as long as someone measured at all.
 * Source: knative.dev/serving pkg/autoscaler/aggregation/bucketing.go
 */
import type { Stat } from '@slipway/core/http'

interface Bucket {
  second: number
  /** By reporter: several samples in one second are averaged, several reporters added up. */
  readonly concurrency: Map<string, { sum: number; count: number }>
  requests: number
  errors: number
}
export interface Averages {
  concurrency: number
  rps: number
}

export class Samples {
  readonly #buckets: Bucket[] = []
  readonly #keepMs: number

  /** @param keepMs how long samples are of use */
  constructor(keepMs: number) {
    this.#keepMs = keepMs
  }

  add(stat: Stat): void {
    const second = Math.floor(stat.time / 1000)
    const bucket = this.#bucketOf(second)
    const mine = bucket.concurrency.get(stat.reporter) ?? { sum: 0, count: 0 }
    // What a queue-proxy behind an activator measures, the activator has measured already.
    mine.sum += Math.max(0, stat.averageConcurrency - stat.averageProxiedConcurrency)
    mine.count++
    bucket.concurrency.set(stat.reporter, mine)
    bucket.requests += Math.max(0, stat.requestCount - stat.proxiedRequestCount)
    bucket.errors += stat.errorCount
    this.#trim(second)
  }

  /**
   * Averages over the last `windowMs`. A window in which measuring has just begun, at `since` or after a silence as long as the window,
   * counts from there: a burst that meets a revision at zero is not thinned out by the quiet before it.
   */
  average(now: number, windowMs: number, since: number): Averages {
    const last = Math.floor(now / 1000)
    const width = Math.max(1, Math.round(windowMs / 1000))
    // The second that is just going on counts once it has a sample.
    const end = this.#buckets.at(-1)?.second === last ? last : last - 1
    const begin = end - width + 1
    const firstAt = this.#buckets.findIndex(({ second }) => second >= begin)
    if (firstAt < 0) return { concurrency: 0, rps: 0 }
    const first = this.#buckets[firstAt]!.second
    const before = this.#buckets[firstAt - 1]?.second ?? Number.NEGATIVE_INFINITY
    const start = Math.max(begin, Math.min(first, Math.floor(since / 1000)), before < first - width ? first : begin)
    let concurrency = 0
    let requests = 0
    for (let i = firstAt; i < this.#buckets.length && this.#buckets[i]!.second <= end; i++) {
      requests += this.#buckets[i]!.requests
      for (const { sum, count } of this.#buckets[i]!.concurrency.values()) concurrency += sum / count
    }
    const seconds = Math.max(1, end - start + 1)
    return { concurrency: concurrency / seconds, rps: requests / seconds }
  }
  figures(now: number, windowMs: number): { requests: number; errors: number } {
    const from = Math.floor((now - windowMs) / 1000)
    const figures = { requests: 0, errors: 0 }
    for (const bucket of this.#buckets) {
      if (bucket.second < from) continue
      figures.requests += bucket.requests
      figures.errors += bucket.errors
    }
    return figures
  }
  /** Is there anything but zero in the window? */
  hasTraffic(now: number, windowMs: number): boolean {
    const from = Math.floor((now - windowMs) / 1000)
    return this.#buckets.some(
      ({ second, requests, concurrency }) => second >= from && (requests > 0 || [...concurrency.values()].some(c => c.sum > 0)),
    )
  }

  #bucketOf(second: number): Bucket {
    for (let i = this.#buckets.length - 1; i >= 0; i--) {
      const bucket = this.#buckets[i]!
      if (bucket.second === second) return bucket
      if (bucket.second < second) return this.#insert(i + 1, second)
    }
    return this.#insert(0, second)
  }
  #insert(at: number, second: number): Bucket {
    const bucket: Bucket = { second, concurrency: new Map(), requests: 0, errors: 0 }
    this.#buckets.splice(at, 0, bucket)
    return bucket
  }
  #trim(newest: number): void {
    const oldest = newest - Math.ceil(this.#keepMs / 1000) - 1
    while (this.#buckets.length && this.#buckets[0]!.second < oldest) this.#buckets.shift()
  }
}

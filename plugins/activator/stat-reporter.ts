/**
 * Tells the autoscaler what was measured: once a second while there is traffic, and at once when a request waits for a pod. While all is
 * quiet a sign of life every ten seconds says that nothing was measured, which is not the same as saying nothing.
 */
import { HttpAgent, httpRequest, type Meters, type Stat } from '@slipway/core/http'
import type { Clock, Log } from '@slipway/core/observe'

const beatMs = 10_000

export interface StatReporterOptions {
  /** Where the autoscaler takes stats; '' reports nowhere. */
  url: string
  meters: Meters
  /** Tells this process from others that report. */
  reporter: string
  clock: Clock
  log: Log
  periodMs?: number
}
export interface StatReporter {
  poke(revision: string): void
  /** Called as each request comes; starts the periodic report. */
  touch(): void
  stop(): void
}

export function statReporter({ url, meters, reporter, clock, log, periodMs = 1000 }: StatReporterOptions): StatReporter {
  const agent = new HttpAgent({ keepAlive: true, maxSockets: 4 })
  let cancel: (() => void) | undefined
  let failing = false
  let cancelBeat = () => {}
  const poked = new Set<string>()

  const post = (stats: Stat[]) => {
    if (!url) return
    const body = JSON.stringify(stats)
    const sent = httpRequest(url, {
      method: 'POST',
      agent,
      timeout: 2000,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    })
    sent.on('response', response => {
      response.resume()
      failing = false
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer within 2 s')))
    sent.on('error', error => {
      // The next report says the same again, so nothing is lost but time; one line is enough.
      if (!failing) log.warn({ err: error, url }, 'the autoscaler cannot be reached; traffic goes on')
      failing = true
    })
    sent.end(body)
  }
  const beat = () => {
    if (!cancel) post([])
    cancelBeat = clock.after(beatMs, beat)
  }
  const report = () => {
    cancel = undefined
    poked.clear()
    post(meters.take(reporter, clock.now()))
    touch()
  }
  const touch = () => {
    if (!cancel && meters.busy) cancel = clock.after(periodMs, report)
  }
  beat()
  return {
    touch,
    poke(revision) {
      touch()
      // Once a period is enough: the periodic report says the same.
      if (poked.has(revision)) return
      poked.add(revision)
      post([
        {
          revision,
          reporter,
          time: clock.now(),
          averageConcurrency: Math.max(meters.of(revision).active, 1),
          requestCount: 0,
          errorCount: 0,
          averageProxiedConcurrency: 0,
          proxiedRequestCount: 0,
          poke: true,
        },
      ])
    },
    stop() {
      cancel?.()
      cancelBeat()
      agent.destroy()
    },
  }
}

/** The last hop: sends an exchange to an endpoint over HTTP/1.1 or HTTP/2. */
import { systemClock } from '../observe/clock.ts'
import type { Exchange } from './exchange.ts'
import { connectFailed } from './failure.ts'
import { H1Pool, type PoolOptions } from './h1/pool.ts'
import type { H2Pool } from './h2/pool.ts'
import { type Endpoint, endpointText, type Hop } from './hop.ts'

export type ForwardOptions = Partial<PoolOptions>

export interface Forwarder {
  readonly hop: Hop<Endpoint>
  /** The endpoint is gone: its connections are closed as they become idle. */
  retire(endpoint: Endpoint): void
  /** Endpoints that have connections now. */
  readonly size: number
  close(): void
}

export function forwarder(options: ForwardOptions = {}): Forwarder {
  const settings: PoolOptions = { clock: systemClock, connectTimeoutMs: 2000, idleMs: 4000, maxIdle: 256, ...options }
  const h1 = new Map<string, H1Pool>()
  const h2 = new Map<string, H2Pool>()
  // Loaded when the first endpoint speaks it: 9 MB that most data planes never need.
  let H2: typeof H2Pool | undefined
  const sendH2 = (exchange: Exchange, endpoint: Endpoint, key: string): void => {
    if (!H2) {
      import('./h2/pool.ts').then(
        loaded => {
          H2 = loaded.H2Pool
          if (!exchange.ended) sendH2(exchange, endpoint, key)
        },
        error => exchange.fail(connectFailed(endpointText(endpoint), String(error))),
      )
      return
    }
    let pool = h2.get(key)
    if (!pool) h2.set(key, (pool = new H2(endpoint, settings, gone => h2.get(key) === gone && h2.delete(key))))
    pool.send(exchange)
  }
  const keyOf = ({ host, port }: Endpoint) => `${host} ${port}`
  return {
    hop(exchange, endpoint) {
      const key = keyOf(endpoint)
      // An Upgrade is HTTP/1.1's own: HTTP/2 has none (RFC 9113 §8.6).
      if (endpoint.protocol === 'h2c' && exchange.upgrade === undefined) {
        sendH2(exchange, endpoint, key)
        return
      }
      let pool = h1.get(key)
      if (!pool) h1.set(key, (pool = new H1Pool(endpoint, settings, gone => h1.get(key) === gone && h1.delete(key))))
      pool.send(exchange)
    },
    retire(endpoint) {
      h1.get(keyOf(endpoint))?.retire()
      h2.get(keyOf(endpoint))?.retire()
      h1.delete(keyOf(endpoint))
      h2.delete(keyOf(endpoint))
    },
    get size() {
      return h1.size + h2.size
    },
    close() {
      for (const pool of h1.values()) pool.retire()
      for (const pool of h2.values()) pool.retire()
    },
  }
}

/**
 * The data plane is one function type and wrappers round it; gateway, activator and queue-proxy differ only in the list. A hop returns
 * at once and answers through the exchange, so nothing is allocated for a request that a wrapper does not need.
 *
 * @example
 *   const queueProxy = around(forward, deadline(timeouts, clock), limited(breakers), counted(meters))   // outermost first
 */
import type { Exchange } from './exchange.ts'

/** @typeParam T where to: an Endpoint for the last hop, a revision for those before it. */
export type Hop<T> = (exchange: Exchange, target: T) => void
export type Layer<T> = (next: Hop<T>) => Hop<T>

export const around = <T>(hop: Hop<T>, ...layers: Layer<T>[]): Hop<T> => layers.reduceRight((inner, layer) => layer(inner), hop)

/** A place that speaks HTTP: a pod's address, or a side-car's. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  /** `h2c` is HTTP/2 with prior knowledge, as for a port named `h2c`. */
  readonly protocol: 'http1' | 'h2c'
}
export const endpointText = ({ host, port }: Endpoint): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`)

/** The headers that the upstream gets: hop-by-hop ones cut, forwarding ones written (RFC 7239, and the X-Forwarded- names that came before it). */
import type { Exchange } from './exchange.ts'
import { replaces } from './header-overrides.ts'
import { connectionTokens, endsHereInRequest } from './hop-by-hop.ts'

export interface ForwardedOptions {
  /** Keep X-Forwarded-Proto and -Host that a proxy of ours in front has set. Default false: anyone could have sent them. */
  trustForwarded?: boolean
}

const quoted = (value: string): string =>
  /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, '')}"`
const forNode = (address: string): string => (address.includes(':') ? `"[${address}]"` : address)

/** Flat raw pairs without Host. The client's `Expect` goes on; framing headers are as received, without Transfer-Encoding. */
export function requestHeaders(exchange: Exchange, { trustForwarded = false }: ForwardedOptions = {}): string[] {
  const { headers, overrides, remoteAddress } = exchange
  const out: string[] = []
  let forwardedFor = ''
  let forwarded = ''
  let proto = ''
  let forwardedHost = ''
  let cut: string[] | undefined
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!
    if (overrides && replaces(overrides, name)) continue
    if (!endsHereInRequest(name)) {
      out.push(name, headers[i + 1]!)
      continue
    }
    const value = headers[i + 1]!
    switch (name.toLowerCase()) {
      case 'connection': {
        const tokens = connectionTokens(value)
        if (tokens) cut = cut ? cut.concat(tokens) : tokens
        break
      }
      case 'x-forwarded-for':
        forwardedFor = forwardedFor ? `${forwardedFor}, ${value}` : value
        break
      case 'forwarded':
        forwarded = forwarded ? `${forwarded}, ${value}` : value
        break
      case 'x-forwarded-proto':
        proto = value
        break
      case 'x-forwarded-host':
        forwardedHost = value
        break
      case 'te':
        // gRPC tells by this that trailers get through; of TE nothing else may pass (RFC 9113 §8.2.2).
        if (/\btrailers\b/i.test(value)) out.push('te', 'trailers')
    }
  }
  if (cut) drop(out, cut)
  const scheme = trustForwarded && proto ? proto : exchange.scheme
  const host = trustForwarded && forwardedHost ? forwardedHost : exchange.host
  out.push('x-forwarded-for', forwardedFor ? `${forwardedFor}, ${remoteAddress}` : remoteAddress)
  out.push('x-forwarded-proto', scheme, 'x-forwarded-host', host)
  const hop = `for=${forNode(remoteAddress)};host=${quoted(host)};proto=${scheme}`
  out.push('forwarded', forwarded ? `${forwarded}, ${hop}` : hop)
  if (exchange.upstreamHost !== undefined) out.push('k-original-host', exchange.host)
  if (overrides) for (const item of overrides.pairs) out.push(item)
  return out
}

function drop(pairs: string[], lowerNames: string[]): void {
  let kept = 0
  for (let i = 0; i < pairs.length; i += 2) {
    const lower = pairs[i]!.toLowerCase()
    // Framing can't be named away: that would be a way to smuggle a body in.
    if (lowerNames.includes(lower) && lower !== 'content-length' && lower !== 'te') continue
    pairs[kept] = pairs[i]!
    pairs[kept + 1] = pairs[i + 1]!
    kept += 2
  }
  pairs.length = kept
}

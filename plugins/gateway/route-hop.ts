/** The gateway's hop: from host, path and headers to a revision. */
import { type Exchange, type Hop, hashOf, headerValue, stickyValue, unknownHost, unknownPath } from '@slipway/core/http'
import type { RevisionTarget } from '@slipway/core/plugin'
import { canonicalHost, type HostRoute, type PathRoute } from './routes.ts'

const shownHosts = 5

/** @param hosts the table of now; asked at each request, since tables are exchanged whole */
export const routeHop =
  (hosts: () => ReadonlyMap<string, HostRoute>, next: Hop<RevisionTarget>) =>
  (exchange: Exchange): void => {
    const known = hosts()
    // Most clients send it just so; only others pay for the canonical form.
    const route = known.get(exchange.host) ?? known.get(canonicalHost(exchange.host))
    if (!route) {
      exchange.refuse(unknownHost(explainHost(exchange.host, known)))
      return
    }
    const path = matchPath(route.paths, exchange)
    if (!path) {
      exchange.refuse(unknownPath(`${canonicalHost(exchange.host)} serves nothing at ${exchange.url.slice(0, 200)}`))
      return
    }
    const sticky = path.sticky && stickyValue(exchange, path.sticky)
    const backend = sticky === undefined ? path.split.pick() : path.split.at(hashOf(sticky))
    if (!backend) {
      exchange.refuse(unknownPath(`${canonicalHost(exchange.host)} has no revision that takes requests`))
      return
    }
    exchange.overrides = backend.overrides
    exchange.upstreamHost = path.rewriteHost
    next(exchange, backend.revision)
  }

function matchPath(paths: readonly PathRoute[], exchange: Exchange): PathRoute | undefined {
  for (const path of paths) if (isBelow(path.prefix, exchange.url) && hasHeaders(path, exchange)) return path
  return undefined
}
function hasHeaders({ headers }: PathRoute, exchange: Exchange): boolean {
  for (const { name, value } of headers) if (headerValue(exchange.headers, name) !== value) return false
  return true
}
/** Prefixes end at a segment: `/api` holds `/api`, `/api/x` and `/api?x`, not `/apis`. */
function isBelow(prefix: string, url: string): boolean {
  if (prefix === '') return true
  if (!url.startsWith(prefix)) return false
  const next = url.charCodeAt(prefix.length)
  return prefix.endsWith('/') || Number.isNaN(next) || next === 47 || next === 63
}

function explainHost(host: string, known: ReadonlyMap<string, HostRoute>): string {
  const all = [...known.keys()].sort()
  const some = all.slice(0, shownHosts)
  const more = all.length > some.length ? ` and ${all.length - some.length} more` : ''
  const asked = canonicalHost(host).slice(0, 253)
  return `no route for host ${JSON.stringify(asked)}. ${some.length ? `Known here: ${some.join(', ')}${more}.` : 'No route is known here yet.'}`
}

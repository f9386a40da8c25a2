/**
 * Ingresses compiled to what a request is looked up in. A table is never changed once made: a change makes a new one, and the old one
 * answers until then. Only the round robins live on from table to table, so that a change elsewhere does not disturb a share.
 */
import type { KubeObject } from '@slipway/core/api'
import type { Ingress, IngressRule, IngressSplit } from '@slipway/core/api/serving'
import { type HeaderOverrides, headerOverrides, type StickyBy, WeightedRoundRobin } from '@slipway/core/http'
import type { RevisionTarget } from '@slipway/core/plugin'

export interface Backend {
  readonly revision: RevisionTarget
  readonly overrides: HeaderOverrides | undefined
}
export interface PathRoute {
  /** '' is every path. */
  readonly prefix: string
  /** All must be there with exactly this value; names in lower case. */
  readonly headers: readonly { readonly name: string; readonly value: string }[]
  readonly split: WeightedRoundRobin<Backend>
  readonly rewriteHost: string | undefined
  readonly sticky: StickyBy | undefined
}
export interface HostRoute {
  /** The Ingress, `NAMESPACE/NAME`. */
  readonly owner: string
  /** The most particular first. */
  readonly paths: readonly PathRoute[]
}
export interface RouteTable {
  readonly external: ReadonlyMap<string, HostRoute>
  readonly internal: ReadonlyMap<string, HostRoute>
  /** Ingresses that did not get a host, as an older one has it: its key, and the host and the holder. */
  readonly conflicts: ReadonlyMap<string, { host: string; holder: string }>
}
export const emptyTable: RouteTable = { external: new Map(), internal: new Map(), conflicts: new Map() }

/** Round robins by what they share out; kept between tables. */
export type Splits = Map<string, WeightedRoundRobin<Backend>>

/** `cookie=NAME` or `header=NAME`: the same client keeps to one revision of a split. */
export const stickyAnnotation = 'slipway.dev/sticky'

const nameOf = ({ metadata: { namespace, name } }: KubeObject) => `${namespace}/${name}`
/** Hosts are told apart without case, port and a final dot. */
export function canonicalHost(host: string): string {
  const colon = host.charCodeAt(0) === 91 ? host.indexOf(':', host.indexOf(']')) : host.indexOf(':')
  const bare = colon < 0 ? host : host.slice(0, colon)
  const lower = bare.toLowerCase()
  return lower.endsWith('.') ? lower.slice(0, -1) : lower
}

function stickyOf(ingress: Ingress): StickyBy | undefined {
  const match = /^(cookie|header)=([!#$%&'*+\-.^_`|~0-9A-Za-z]+)$/.exec(ingress.metadata.annotations?.[stickyAnnotation] ?? '')
  if (!match) return undefined
  return match[1] === 'cookie' ? { cookie: match[2]! } : { header: match[2]! }
}

/** Older ones first: who came first keeps a host. */
const byAge = (a: Ingress, b: Ingress): number =>
  (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') || nameOf(a).localeCompare(nameOf(b))

const moreParticular = (a: PathRoute, b: PathRoute): number =>
  b.prefix.length - a.prefix.length || b.headers.length - a.headers.length

type Path = IngressRule['http']['paths'][number]

function backendOf(split: IngressSplit, path: Path): Backend {
  const { serviceNamespace: namespace, serviceName: name } = split
  return {
    revision: { namespace, name, key: `${namespace}/${name}` },
    overrides: headerOverrides(path.appendHeaders, split.appendHeaders),
  }
}

/** @param previous the round robins of the table before; those still needed are in the new table's */
export function compileRoutes(
  ingresses: readonly Ingress[],
  previous: Splits = new Map(),
): { table: RouteTable; splits: Splits } {
  const external = new Map<string, HostRoute>()
  const internal = new Map<string, HostRoute>()
  const conflicts = new Map<string, { host: string; holder: string }>()
  const splits: Splits = new Map()

  const splitOf = (owner: string, path: Path): WeightedRoundRobin<Backend> => {
    const id = JSON.stringify([owner, path])
    const split =
      splits.get(id) ??
      previous.get(id) ??
      new WeightedRoundRobin(path.splits.map(s => ({ weight: s.percent, value: backendOf(s, path) })))
    splits.set(id, split)
    return split
  }
  for (const ingress of [...ingresses].sort(byAge)) {
    const owner = nameOf(ingress)
    const sticky = stickyOf(ingress)
    for (const { hosts, visibility, http } of ingress.spec.rules) {
      const paths = http.paths
        .map(
          (path): PathRoute => ({
            prefix: path.path === '/' ? '' : (path.path ?? ''),
            headers: Object.entries(path.headers ?? {}).map(([name, { exact }]) => ({
              name: name.toLowerCase(),
              value: exact ?? '',
            })),
            split: splitOf(owner, path),
            rewriteHost: path.rewriteHost,
            sticky,
          }),
        )
        .sort(moreParticular)
      for (const host of hosts.map(canonicalHost)) {
        // What the world may reach, the cluster may too.
        for (const table of visibility === 'ClusterLocal' ? [internal] : [external, internal]) {
          const holder = table.get(host)
          if (holder && holder.owner !== owner) conflicts.set(owner, { host, holder: holder.owner })
          else table.set(host, holder ? { owner, paths: [...holder.paths, ...paths].sort(moreParticular) } : { owner, paths })
        }
      }
    }
  }
  return { table: { external, internal, conflicts }, splits }
}

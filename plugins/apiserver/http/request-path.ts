/**
 * What a URL's path names. Source: k8s.io/apiserver pkg/endpoints/request/requestinfo.go
 * `/api/v1/namespaces/demo/pods/web/log` → { version: 'v1', resource: 'pods', namespace: 'demo', name: 'web', subresource: 'log' }
 */
export interface RequestPath {
  /** Empty for the core group. */
  group: string
  version: string
  resource: string
  /** Empty when the path names no namespace. */
  namespace: string
  name?: string
  subresource?: string
  /** What follows the subresource, as in `/proxy/metrics/x`; without a leading slash. */
  rest?: string
  /** True for the old form of a watch. */
  watch?: boolean
}

/** Subresources of a namespace; anything else after its name is a resource in it. */
const ofNamespaces = new Set(['status', 'finalize'])

/** @returns undefined for paths that name no resource, such as `/api/v1` */
export function parseRequestPath(pathname: string): RequestPath | undefined {
  const parts = pathname.split('/')
  parts.shift()
  if (parts.at(-1) === '') parts.pop()
  const root = parts.shift()
  const group = root === 'api' ? '' : root === 'apis' ? parts.shift() : undefined
  const version = parts.shift()
  if (group === undefined || !version || parts.length === 0) return undefined
  let decoded: string[]
  try {
    decoded = parts.map(decodeURIComponent)
  } catch {
    return undefined
  }
  // The old form of a watch, `/api/v1/watch/pods`, is the same path with watch=true.
  const watch = decoded[0] === 'watch' && decoded.length > 1
  if (watch) decoded.shift()
  let namespace = ''
  if (decoded[0] === 'namespaces' && decoded.length > 2 && !ofNamespaces.has(decoded[2]!)) {
    namespace = decoded[1]!
    decoded = decoded.slice(2)
  }
  const [resource, name, subresource, ...rest] = decoded
  return {
    group,
    version,
    resource: resource!,
    namespace,
    ...(name !== undefined && { name }),
    ...(subresource !== undefined && { subresource }),
    ...(watch && { watch }),
    ...(rest.length && { rest: rest.join('/') }),
  }
}

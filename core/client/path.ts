/** URL paths of Kubernetes' API: `/apis/GROUP/VERSION/namespaces/NS/RESOURCE/NAME/SUBRESOURCE`. */
import type { ResourceKind } from '../api/kind.ts'
import type { ListOptions } from './api.ts'

export const prefixOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `/apis/${group}/${version}` : `/api/${version}`

export function resourcePath(kind: ResourceKind, namespace?: string, name?: string, subresource?: string): string {
  const scope = kind.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const tail = [name, subresource].filter(part => part !== undefined).map(part => `/${encodeURIComponent(part)}`)
  return `${prefixOf(kind)}${scope}/${kind.resource}${tail.join('')}`
}

/** `a=b,c=d` of a record; text is passed on. */
export const selectorText = (labels: Record<string, string> | string): string =>
  typeof labels === 'string'
    ? labels
    : Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(',')

export function listQuery({ labels, fields, limit, continue: token, resourceVersion }: ListOptions): URLSearchParams {
  const query = new URLSearchParams()
  if (labels) query.set('labelSelector', selectorText(labels))
  if (fields) query.set('fieldSelector', fields)
  if (limit) query.set('limit', String(limit))
  if (token) query.set('continue', token)
  if (resourceVersion !== undefined) query.set('resourceVersion', resourceVersion)
  return query
}

export const withQuery = (path: string, query: URLSearchParams): string => (query.size ? `${path}?${query}` : path)

/** Deletes what a namespace holds, whatever kinds there are, and says what is left. Source: pkg/controller/namespace/deletion */
import { isStatus, type ResourceKind } from '@slipway/core/api'
import { type Api, resourcePath } from '@slipway/core/client'
import type { DiscoveredKind } from '../garbage/discovery.ts'
import type { Remaining } from './namespace-conditions.ts'

const atOnce = 8

async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values()
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const item of queue) await work(item)
    }),
  )
}

const can = (kind: DiscoveredKind, ...verbs: string[]) => verbs.every(verb => kind.verbs.includes(verb))
const isPods = (kind: ResourceKind) => kind.group === '' && kind.resource === 'pods'
const nameOf = ({ resource, group }: ResourceKind) => `${resource}.${group}`
/** A resource that went away since discovery, or one that cannot do this, holds nothing up. */
const isNothing = (error: unknown) => isStatus(error, 'NotFound') || isStatus(error, 'MethodNotAllowed')

async function deleteAll(api: Api, kind: DiscoveredKind, namespace: string): Promise<void> {
  if (can(kind, 'deletecollection')) {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' }
    const response = await api.raw('DELETE', resourcePath(kind, namespace), { body })
    const text = await response.text()
    if (!response.ok && response.status !== 404) throw new Error(`${response.status} ${text.slice(0, 300)}`)
    return
  }
  const { items } = await api.list(kind, { namespace, metadataOnly: true })
  for (const { metadata } of items)
    await api.delete(kind, { namespace, name: metadata.name }, { propagation: 'Background' }).catch(error => {
      if (!isNothing(error)) throw error
    })
}

async function clear(api: Api, kind: DiscoveredKind, namespace: string, left: Remaining): Promise<void> {
  const listed = () => api.list(kind, { namespace, metadataOnly: true })
  try {
    const before = await listed()
    if (!before.items.length) return
    // Those that are all on their way out already only have to be waited for.
    if (before.items.some(item => !item.metadata.deletionTimestamp)) await deleteAll(api, kind, namespace)
    const { items } = await listed()
    if (items.length) left.resources.set(nameOf(kind), items.length)
    for (const finalizer of items.flatMap(item => item.metadata.finalizers ?? []))
      left.finalizers.set(finalizer, (left.finalizers.get(finalizer) ?? 0) + 1)
  } catch (error) {
    if (!isNothing(error)) left.failures.push(`${nameOf(kind)}: ${error instanceof Error ? error.message : error}`)
  }
}

/** One pass. Pods go first, and nothing else before they are gone (KEP-5080), since what they use must not vanish under them. */
export async function clearNamespace(api: Api, kinds: readonly DiscoveredKind[], namespace: string): Promise<Remaining> {
  const left: Remaining = { resources: new Map(), finalizers: new Map(), failures: [] }
  const contents = kinds.filter(kind => kind.namespaced && can(kind, 'list', 'delete'))
  const pods = contents.find(isPods)
  if (pods) await clear(api, pods, namespace, left)
  if (!left.resources.size && !left.failures.length)
    await eachOf(
      contents.filter(kind => !isPods(kind)),
      kind => clear(api, kind, namespace, left),
    )
  return left
}

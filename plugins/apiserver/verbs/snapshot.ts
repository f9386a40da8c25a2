/** The objects of a resource as they were: the present, with the changes since then taken back. */
import type { Entry } from '../store/entry.ts'
import { shelfKey } from '../store/object-index.ts'
import type { Store } from '../store/store.ts'

/** @returns sorted; undefined when the changes since then are no longer kept */
export function snapshotAt(
  store: Store,
  resource: string,
  namespace: string | undefined,
  revision: number,
): readonly Entry[] | undefined {
  const changes = store.changesSince(resource, revision)
  const present = store.list(resource, namespace)
  if (!changes || revision > store.revision) return undefined
  const inScope = changes.filter(({ entry }) => namespace === undefined || entry.namespace === namespace)
  if (!inScope.length) return present
  const byKey = new Map(present.map(entry => [shelfKey(entry.namespace, entry.name), entry]))
  for (const { entry, previous } of inScope.reverse()) {
    const key = shelfKey(entry.namespace, entry.name)
    if (previous) byKey.set(key, previous)
    else byKey.delete(key)
  }
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry)
}

/** The current objects in memory, by resource; sorted only when somebody lists, and only after objects came or went. */
import type { Entry } from './entry.ts'
import type { Key } from './store.ts'

interface Shelf {
  byKey: Map<string, Entry>
  /** Sorted keys, or undefined since an object came or went. */
  sorted: string[] | undefined
}

/** Sorts as etcd does: `demo/a` < `demo/b`; the separator is lower than any character of a name. */
export const shelfKey = (namespace: string, name: string): string => `${namespace}\0${name}`

export class ObjectIndex {
  readonly #shelves = new Map<string, Shelf>()

  get({ resource, namespace, name }: Key): Entry | undefined {
    return this.#shelves.get(resource)?.byKey.get(shelfKey(namespace, name))
  }

  set(entry: Entry): void {
    let shelf = this.#shelves.get(entry.resource)
    if (!shelf) this.#shelves.set(entry.resource, (shelf = { byKey: new Map(), sorted: [] }))
    const key = shelfKey(entry.namespace, entry.name)
    if (!shelf.byKey.has(key)) shelf.sorted = undefined
    shelf.byKey.set(key, entry)
  }

  delete({ resource, namespace, name }: Key): void {
    const shelf = this.#shelves.get(resource)
    if (shelf?.byKey.delete(shelfKey(namespace, name))) shelf.sorted = undefined
  }

  /** Unsorted. */
  values(resource: string): Iterable<Entry> {
    return this.#shelves.get(resource)?.byKey.values() ?? []
  }

  list(resource: string, namespace?: string): Entry[] {
    const shelf = this.#shelves.get(resource)
    if (!shelf) return []
    shelf.sorted ??= [...shelf.byKey.keys()].sort()
    const keys = shelf.sorted
    if (namespace === undefined) return keys.map(key => shelf.byKey.get(key)!)
    const found: Entry[] = []
    for (let i = firstAtLeast(keys, shelfKey(namespace, '')); i < keys.length; i++) {
      const entry = shelf.byKey.get(keys[i]!)!
      if (entry.namespace !== namespace) break
      found.push(entry)
    }
    return found
  }

  counts(): Record<string, number> {
    return Object.fromEntries([...this.#shelves].map(([resource, { byKey }]) => [resource, byKey.size]))
  }
}

function firstAtLeast(keys: readonly string[], wanted: string): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keys[middle]! < wanted) low = middle + 1
    else high = middle
  }
  return low
}

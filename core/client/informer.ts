/**
 * A local copy of all objects of a kind, kept current by list and watch. A cut watch is resumed where it was; `410 Gone` lists anew and
 * tells handlers only of what really differs. Readers see objects that must not be changed.
 * Source: the semantics of client-go tools/cache Reflector and SharedIndexInformer.
 */
import type { ResourceKind } from '../api/kind.ts'
import { controllerOf, type KubeObject, keyOf } from '../api/meta.ts'
import { isStatus } from '../api/status-error.ts'
import { type Clock, sleep, systemClock } from '../observe/clock.ts'
import type { Log } from '../observe/log.ts'
import type { Api, ListOptions } from './api.ts'

export type ChangeType = 'added' | 'updated' | 'deleted'
export type ChangeHandler<T> = (type: ChangeType, object: T, old?: T) => void

export interface Informer<T extends KubeObject> {
  readonly kind: ResourceKind<T>
  get(namespace: string | undefined, name: string): T | undefined
  /** All namespaces when namespace is absent. */
  list(namespace?: string, labels?: Record<string, string>): T[]
  /** The objects whose controller reference has this uid. */
  ownedBy(uid: string): T[]
  /** Called at each change; on registration also once for each object that is known already. Returns how to stop. */
  onChange(handler: ChangeHandler<T>): () => void
  /** Resolves once the first list has arrived. */
  readonly synced: Promise<void>
  readonly hasSynced: boolean
  /** Puts the answer of a write into the copy at once, unless a newer one is there; so a reconciler reads its own writes. */
  observe(object: T): void
}

export interface InformerOptions extends Pick<ListOptions, 'namespace' | 'labels' | 'fields' | 'metadataOnly'> {
  api: Api
  log: Log
  signal: AbortSignal
  clock?: Clock
}

const firstDelayMs = 200
const longestDelayMs = 10_000

/** Is `next` older than or the same as `current`? Resource versions are compared as numbers, as Kubernetes allows since 1.35 (KEP-5504). */
const isStale = (next: KubeObject, current: KubeObject): boolean =>
  next.metadata.uid === current.metadata.uid && Number(next.metadata.resourceVersion) <= Number(current.metadata.resourceVersion)

class Store<T extends KubeObject> {
  readonly byNamespace = new Map<string, Map<string, T>>()
  readonly byOwner = new Map<string, Set<T>>()

  get(namespace: string | undefined, name: string): T | undefined {
    return this.byNamespace.get(namespace ?? '')?.get(name)
  }
  set(object: T): void {
    const { namespace = '', name } = object.metadata
    this.remove(object)
    let inside = this.byNamespace.get(namespace)
    if (!inside) this.byNamespace.set(namespace, (inside = new Map()))
    inside.set(name, object)
    const owner = controllerOf(object)?.uid
    if (!owner) return
    let owned = this.byOwner.get(owner)
    if (!owned) this.byOwner.set(owner, (owned = new Set()))
    owned.add(object)
  }
  remove({ metadata: { namespace = '', name } }: KubeObject): T | undefined {
    const inside = this.byNamespace.get(namespace)
    const old = inside?.get(name)
    if (!inside || !old) return undefined
    inside.delete(name)
    if (!inside.size) this.byNamespace.delete(namespace)
    const owner = controllerOf(old)?.uid
    const owned = owner ? this.byOwner.get(owner) : undefined
    if (owned?.delete(old) && !owned.size) this.byOwner.delete(owner!)
    return old
  }
  *all(namespace?: string): Generator<T> {
    if (namespace !== undefined) yield* this.byNamespace.get(namespace)?.values() ?? []
    else for (const inside of this.byNamespace.values()) yield* inside.values()
  }
}

const hasLabels = (object: KubeObject, labels: Record<string, string>) =>
  Object.entries(labels).every(([key, value]) => object.metadata.labels?.[key] === value)

/** Starts an informer; it runs until the signal aborts and never rejects: faults are logged and tried again with back-off. */
export function startInformer<T extends KubeObject>(kind: ResourceKind<T>, options: InformerOptions): Informer<T> {
  const { api, log, signal, clock = systemClock, ...selection } = options
  const store = new Store<T>()
  const handlers = new Set<ChangeHandler<T>>()
  let hasSynced = false
  let markSynced = () => {}
  const synced = new Promise<void>(resolve => {
    markSynced = resolve
  })

  const tell = (type: ChangeType, object: T, old?: T) => {
    for (const handler of handlers) {
      try {
        handler(type, object, old)
      } catch (error) {
        log.error({ err: error, kind: kind.kind }, 'an informer handler failed')
      }
    }
  }
  const upsert = (object: T) => {
    const old = store.get(object.metadata.namespace, object.metadata.name)
    if (old && isStale(object, old)) return
    if (old && old.metadata.uid !== object.metadata.uid) {
      store.remove(old)
      tell('deleted', old)
      store.set(object)
      return tell('added', object)
    }
    store.set(object)
    tell(old ? 'updated' : 'added', object, old)
  }
  const remove = (object: KubeObject) => {
    const old = store.get(object.metadata.namespace, object.metadata.name)
    if (!old || old.metadata.uid !== object.metadata.uid) return
    store.remove(old)
    // The last state comes with the event; handlers get it, so that they see labels and finalizers as they ended.
    tell('deleted', object as T)
  }

  async function relist(): Promise<string> {
    const { items, metadata } = await api.list(kind, selection)
    const present = new Set(items.map(keyOf))
    const listedAt = Number(metadata.resourceVersion)
    // What we wrote ourselves after the list was taken is newer than the list, not gone.
    const isGone = (old: T) => !present.has(keyOf(old)) && !(Number(old.metadata.resourceVersion) > listedAt)
    for (const old of [...store.all()]) if (isGone(old)) remove(old)
    for (const item of items) upsert(item)
    hasSynced = true
    markSynced()
    return metadata.resourceVersion ?? ''
  }

  async function run(): Promise<void> {
    let resourceVersion: string | undefined
    let delay = 0
    while (!signal.aborted) {
      try {
        resourceVersion ??= await relist()
        for await (const { type, object } of api.watch(kind, { ...selection, resourceVersion, signal })) {
          resourceVersion = object.metadata.resourceVersion ?? resourceVersion
          delay = 0
          if (type === 'ADDED' || type === 'MODIFIED') upsert(object)
          else if (type === 'DELETED') remove(object)
        }
        delay = 0
      } catch (error) {
        if (signal.aborted) return
        if (isStatus(error) && (error.code === 410 || error.reason === 'Expired')) {
          resourceVersion = undefined
          continue
        }
        delay = Math.min(longestDelayMs, delay ? delay * 2 : firstDelayMs)
        log.warn(
          { kind: kind.kind, reason: isStatus(error) ? error.reason : 'Unknown', err: error, retryInMs: delay },
          'watch failed; trying again',
        )
        await sleep(clock, delay, signal)
      }
    }
  }
  void run()

  return {
    kind,
    get: (namespace, name) => store.get(namespace, name),
    list: (namespace, labels) => {
      const all = [...store.all(namespace)]
      return labels ? all.filter(object => hasLabels(object, labels)) : all
    },
    ownedBy: uid => [...(store.byOwner.get(uid) ?? [])],
    onChange(handler) {
      handlers.add(handler)
      for (const object of [...store.all()]) handler('added', object)
      return () => void handlers.delete(handler)
    },
    synced,
    get hasSynced() {
      return hasSynced
    },
    observe: upsert,
  }
}

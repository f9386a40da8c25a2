/** An API in memory for tests of the node: objects, watches and the few patches that the node sends. No validation, no defaults. */

import { conflict, type KubeObject, keyOf, notFound, type ResourceKind } from '@slipway/core/api'
import type { Api, WatchEvent } from '@slipway/core/client'
import { rawAnswer } from '@slipway/core/testing'

export interface FakeApi extends Api {
  /** Puts an object as a user would, and tells watchers. */
  put<T extends KubeObject>(kind: ResourceKind<T>, object: T): T
  all<T extends KubeObject>(kind: ResourceKind<T>): T[]
  /** Resolves when an object meets a condition, and says after how many milliseconds. */
  until<T extends KubeObject>(
    kind: ResourceKind<T>,
    key: string,
    meets: (object: T | undefined) => boolean,
    ms?: number,
  ): Promise<T>
  /** Requests by raw(): method, path, body. */
  raws: { method: string; path: string; body: unknown }[]
}

type Anything = Record<string, unknown>
/** RFC 7386, with lists of objects that have a `type` merged by it (conditions, as the strategic patch does). */
function merge(target: unknown, patch: unknown): unknown {
  if (Array.isArray(patch) && patch.some(p => p?.$patch === 'replace')) return patch.filter(p => !p?.$patch)
  if (Array.isArray(patch) && Array.isArray(target) && patch.every(p => p?.type))
    return [...target.filter(t => !patch.some(p => p.type === t.type)), ...patch.map(p => merge({}, p))]
  if (Array.isArray(patch) && patch.every(p => p?.type)) return patch.map(p => merge({}, p))
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const result: Anything = { ...((target ?? {}) as Anything) }
  for (const [key, value] of Object.entries(patch))
    if (value === null) delete result[key]
    else result[key] = merge(result[key], value)
  return result
}

export function fakeApi(): FakeApi {
  const stores = new Map<string, Map<string, KubeObject>>()
  const watchers = new Map<string, Set<(event: WatchEvent<KubeObject>) => void>>()
  const listeners = new Set<() => void>()
  let version = 0
  let serial = 0
  const storeOf = (kind: ResourceKind) => {
    let store = stores.get(kind.resource)
    if (!store) stores.set(kind.resource, (store = new Map()))
    return store
  }
  const tell = (kind: ResourceKind, type: WatchEvent<KubeObject>['type'], object: KubeObject) => {
    for (const each of watchers.get(kind.resource) ?? []) each({ type, object: structuredClone(object) })
    for (const each of [...listeners]) each()
  }
  const save = <T extends KubeObject>(kind: ResourceKind<T>, object: T): T => {
    const store = storeOf(kind)
    const known = store.has(keyOf(object))
    const saved = structuredClone(object)
    saved.apiVersion = kind.group ? `${kind.group}/${kind.version}` : kind.version
    saved.kind = kind.kind
    saved.metadata.uid ??= `00000000-0000-4000-8000-${String(++serial).padStart(12, '0')}`
    saved.metadata.resourceVersion = String(++version)
    saved.metadata.creationTimestamp ??= new Date().toISOString()
    store.set(keyOf(saved), saved)
    tell(kind, known ? 'MODIFIED' : 'ADDED', saved)
    return structuredClone(saved)
  }
  const find = <T extends KubeObject>(kind: ResourceKind<T>, key: string) =>
    structuredClone(storeOf(kind).get(key)) as T | undefined
  const must = <T extends KubeObject>(kind: ResourceKind<T>, ref: { namespace?: string; name: string }): T => {
    const found = find(kind, keyOf({ metadata: ref }))
    if (!found) throw notFound(kind.resource, kind.group, ref.name)
    return found
  }
  const api: FakeApi = {
    raws: [],
    put: save,
    all: kind => [...storeOf(kind).values()].map(o => structuredClone(o)) as never,
    until: (kind, key, meets, ms = 15_000) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = find(kind, key)
          if (!meets(found)) return
          clearTimeout(timer)
          listeners.delete(look)
          resolve(found as never)
        }
        const timer = setTimeout(() => {
          listeners.delete(look)
          reject(new Error(`${key} did not become as wanted; it is ${JSON.stringify(find(kind, key), undefined, 1)}`))
        }, ms)
        listeners.add(look)
        look()
      }),
    get: async (kind, ref) => must(kind, ref),
    find: async (kind, ref) => find(kind, keyOf({ metadata: ref })),
    async list(kind, { namespace, fields } = {}) {
      const node = /spec\.nodeName=(.*)/.exec(fields ?? '')?.[1]
      const items = api
        .all(kind)
        .filter(
          o =>
            (!namespace || o.metadata.namespace === namespace) &&
            (node === undefined || (o as { spec?: { nodeName?: string } }).spec?.nodeName === node),
        )
      return { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: String(version) }, items }
    },
    create: async (kind, object) => save(kind, object),
    async update(kind, object) {
      const current = must(kind, object.metadata)
      if (object.metadata.resourceVersion && object.metadata.resourceVersion !== current.metadata.resourceVersion)
        throw conflict(kind.resource, kind.group, object.metadata.name, 'changed')
      return save(kind, object)
    },
    updateStatus: (kind, object) => api.update(kind, object),
    async patch(kind, ref, _type, patch) {
      const current = must(kind, ref)
      const uid = (patch as { metadata?: { uid?: string } }).metadata?.uid
      if (uid && uid !== current.metadata.uid) throw conflict(kind.resource, kind.group, ref.name, 'uid differs')
      return save(kind, merge(current, patch) as typeof current)
    },
    apply: async (kind, object) => save(kind, object as never),
    async delete(kind, ref, { gracePeriodSeconds, uid } = {}) {
      const current = must(kind, ref)
      if (uid && uid !== current.metadata.uid) throw conflict(kind.resource, kind.group, ref.name, 'uid differs')
      const spec = (current as { spec?: { nodeName?: string; terminationGracePeriodSeconds?: number } }).spec
      const grace = gracePeriodSeconds ?? spec?.terminationGracePeriodSeconds ?? 30
      if (kind.resource === 'pods' && spec?.nodeName && grace > 0) {
        current.metadata.deletionTimestamp ??= new Date(Date.now() + grace * 1000).toISOString()
        current.metadata.deletionGracePeriodSeconds = grace
        save(kind, current)
        return
      }
      storeOf(kind).delete(keyOf(current))
      version++
      tell(kind, 'DELETED', current)
    },
    async *watch<T extends KubeObject>(kind: ResourceKind<T>, { signal, fields }: { signal: AbortSignal; fields?: string }) {
      const node = /spec\.nodeName=(.*)/.exec(fields ?? '')?.[1]
      const queue: WatchEvent<KubeObject>[] = []
      let wake = () => {}
      const push = (event: WatchEvent<KubeObject>) => {
        if (node !== undefined && (event.object as { spec?: { nodeName?: string } }).spec?.nodeName !== node) return
        queue.push(event)
        wake()
      }
      const set = watchers.get(kind.resource) ?? new Set()
      watchers.set(kind.resource, set)
      set.add(push)
      signal.addEventListener('abort', () => wake(), { once: true })
      try {
        while (!signal.aborted) {
          while (queue.length) yield queue.shift() as WatchEvent<T>
          await new Promise<void>(resolve => {
            wake = resolve
            if (queue.length || signal.aborted) resolve()
          })
        }
      } finally {
        set.delete(push)
      }
    },
    async raw(method, path, { body } = {}) {
      api.raws.push({ method, path, body })
      const [, namespace, name] = /namespaces\/([^/]+)\/pods\/([^/]+)\/binding/.exec(path) ?? []
      if (name) {
        const pod = find(
          { group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true },
          `${namespace}/${name}`,
        ) as KubeObject & { spec: { nodeName?: string } }
        pod.spec.nodeName = (body as { target: { name: string } }).target.name
        save({ group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true } as ResourceKind<typeof pod>, pod)
      }
      if (path.endsWith('/token')) return rawAnswer({ status: { token: `token-${api.raws.length}` } })
      return rawAnswer({}, 201)
    },
  }
  return api
}

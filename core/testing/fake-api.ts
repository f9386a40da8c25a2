/**
 * An API server in memory, for unit tests of what uses `Api`: optimistic concurrency, generation, finalizers, watches. It validates nothing,
 * merges applies and patches as JSON merge patches, and records every write in `writes`, so that tests can state exactly what was sent.
 */

import type { ResourceKind } from '../api/kind.ts'
import { type KubeObject, keyOf } from '../api/meta.ts'
import { alreadyExists, conflict, notFound } from '../api/status-error.ts'
import type { Api, ListOptions, ObjectRef, WatchEvent } from '../client/api.ts'
import { selectorText } from '../client/path.ts'
import { sameJson } from '../runtime/canonical.ts'

export interface RecordedWrite {
  verb: 'create' | 'update' | 'updateStatus' | 'patch' | 'apply' | 'delete'
  kind: string
  key: string
  body?: unknown
}
export interface FakeApi extends Api {
  /** Every write so far, oldest first. */
  readonly writes: RecordedWrite[]
  /** The next call of this verb on this kind fails with the error, once. */
  failNext(verb: RecordedWrite['verb'] | 'get' | 'list', kind: string, error: Error): void
  /** Puts an object in as it is, as a test's starting point; not recorded. */
  seed(...objects: KubeObject[]): void
  all(kind: string): KubeObject[]
}

type Dict = Record<string, unknown>
const isObject = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v)
function merged(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return structuredClone(patch)
  const result: Dict = isObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (value !== undefined) result[key] = merged(result[key], value)
  }
  return result
}

export function fakeApi(...initial: KubeObject[]): FakeApi {
  const objects = new Map<string, KubeObject>()
  const watchers = new Set<(kind: string, event: WatchEvent<KubeObject>) => void>()
  const failures: { verb: string; kind: string; error: Error }[] = []
  const writes: RecordedWrite[] = []
  let version = 0

  const idOf = (kind: string, ref: ObjectRef) => `${kind}:${keyOf({ metadata: ref })}`
  const trip = (verb: string, kind: string) => {
    const index = failures.findIndex(f => f.verb === verb && f.kind === kind)
    if (index >= 0) throw failures.splice(index, 1)[0]!.error
  }
  const tell = (type: WatchEvent<KubeObject>['type'], object: KubeObject) => {
    for (const watcher of watchers) watcher(object.kind, { type, object: structuredClone(object) })
  }
  const store = (object: KubeObject, type: 'ADDED' | 'MODIFIED') => {
    object.metadata.resourceVersion = String(++version)
    const id = idOf(object.kind, object.metadata)
    if (object.metadata.deletionTimestamp && !object.metadata.finalizers?.length) {
      objects.delete(id)
      tell('DELETED', object)
    } else {
      objects.set(id, object)
      tell(type, object)
    }
    return structuredClone(object)
  }
  const need = (kind: ResourceKind, ref: ObjectRef) => {
    const found = objects.get(idOf(kind.kind, ref))
    if (!found) throw notFound(kind.resource, kind.group, ref.name)
    return found
  }
  const insert = (kind: ResourceKind, given: KubeObject) => {
    const object = structuredClone(given)
    if (!object.metadata.name && object.metadata.generateName)
      object.metadata.name = `${object.metadata.generateName}${(version + 1).toString(36).padStart(5, '0')}`
    if (objects.has(idOf(kind.kind, object.metadata))) throw alreadyExists(kind.resource, kind.group, object.metadata.name)
    object.metadata = {
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
      ...object.metadata,
      uid: object.metadata.uid ?? `uid-${++version}`,
    }
    return store(object, 'ADDED')
  }
  const replace = (kind: ResourceKind, ref: ObjectRef, next: KubeObject, part: 'spec' | 'status') => {
    const current = need(kind, ref) as KubeObject & { spec?: unknown; status?: unknown }
    const wanted = next.metadata.resourceVersion
    if (wanted && wanted !== current.metadata.resourceVersion)
      throw conflict(
        kind.resource,
        kind.group,
        ref.name,
        'the object has been modified; please apply your changes to the latest version and try again',
      )
    const object = structuredClone(next) as typeof current
    const { uid, creationTimestamp, generation = 1 } = current.metadata
    if (part === 'status')
      return sameJson(object.status, current.status)
        ? structuredClone(current)
        : store({ ...structuredClone(current), status: object.status } as KubeObject, 'MODIFIED')
    if (current.status !== undefined) object.status = current.status
    const bump = sameJson(object.spec, current.spec) ? 0 : 1
    object.metadata = {
      ...object.metadata,
      ...(uid && { uid }),
      ...(creationTimestamp && { creationTimestamp }),
      generation: generation + bump,
    }
    if (current.metadata.resourceVersion) object.metadata.resourceVersion = current.metadata.resourceVersion
    return sameJson(object, current) ? structuredClone(current) : store(object, 'MODIFIED')
  }
  const matches = (object: KubeObject, { namespace, labels }: ListOptions) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    (!labels ||
      selectorText(labels)
        .split(',')
        .every(pair => object.metadata.labels?.[pair.split('=')[0]!] === pair.split('=').at(-1)))

  const api = {
    writes,
    failNext: (verb: string, kind: string, error: Error) => void failures.push({ verb, kind, error }),
    seed(...given: KubeObject[]) {
      for (const object of given)
        store(structuredClone({ ...object, metadata: { uid: `uid-${++version}`, generation: 1, ...object.metadata } }), 'ADDED')
    },
    all: (kind: string) => [...objects.values()].filter(o => o.kind === kind).map(o => structuredClone(o)),
    async get(kind: ResourceKind, ref: ObjectRef) {
      trip('get', kind.kind)
      return structuredClone(need(kind, ref))
    },
    async find(kind: ResourceKind, ref: ObjectRef) {
      return structuredClone(objects.get(idOf(kind.kind, ref)))
    },
    async list(kind: ResourceKind, options: ListOptions = {}) {
      trip('list', kind.kind)
      const items = api.all(kind.kind).filter(o => matches(o, options))
      return { apiVersion: 'v1', kind: `${kind.kind}List`, metadata: { resourceVersion: String(version) }, items }
    },
    async create(kind: ResourceKind, object: KubeObject) {
      trip('create', kind.kind)
      writes.push({ verb: 'create', kind: kind.kind, key: keyOf(object), body: structuredClone(object) })
      return insert(kind, object)
    },
    async update(kind: ResourceKind, object: KubeObject) {
      trip('update', kind.kind)
      writes.push({ verb: 'update', kind: kind.kind, key: keyOf(object), body: structuredClone(object) })
      return replace(kind, object.metadata, object, 'spec')
    },
    async updateStatus(kind: ResourceKind, object: KubeObject) {
      trip('updateStatus', kind.kind)
      writes.push({
        verb: 'updateStatus',
        kind: kind.kind,
        key: keyOf(object),
        body: structuredClone((object as { status?: unknown }).status),
      })
      return replace(kind, object.metadata, object, 'status')
    },
    async patch(
      kind: ResourceKind,
      ref: ObjectRef,
      type: string,
      patch: unknown,
      { subresource }: { subresource?: string } = {},
    ) {
      trip('patch', kind.kind)
      if (type === 'json') throw new Error('fakeApi knows no JSON patch; use a merge patch')
      writes.push({ verb: 'patch', kind: kind.kind, key: keyOf({ metadata: ref }), body: structuredClone(patch) })
      const next =
        subresource === 'scale' ? { spec: { replicas: (patch as { spec: { replicas: number } }).spec.replicas } } : patch
      return replace(kind, ref, merged(need(kind, ref), next) as KubeObject, subresource === 'status' ? 'status' : 'spec')
    },
    async apply(kind: ResourceKind, object: KubeObject, { subresource }: { subresource?: string } = {}) {
      trip('apply', kind.kind)
      writes.push({ verb: 'apply', kind: kind.kind, key: keyOf(object), body: structuredClone(object) })
      const current = objects.get(idOf(kind.kind, object.metadata))
      if (!current) return insert(kind, object)
      return replace(kind, object.metadata, merged(current, object) as KubeObject, subresource === 'status' ? 'status' : 'spec')
    },
    async delete(kind: ResourceKind, ref: ObjectRef) {
      trip('delete', kind.kind)
      writes.push({ verb: 'delete', kind: kind.kind, key: keyOf({ metadata: ref }) })
      const current = structuredClone(need(kind, ref))
      current.metadata.deletionTimestamp ??= '2026-01-01T00:00:00Z'
      store(current, 'MODIFIED')
    },
    async *watch(kind: ResourceKind, options: ListOptions & { signal: AbortSignal }) {
      const pending: WatchEvent<KubeObject>[] = []
      let wake = () => {}
      const watcher = (of: string, event: WatchEvent<KubeObject>) => {
        if (of !== kind.kind || !matches(event.object, options)) return
        pending.push(event)
        wake()
      }
      watchers.add(watcher)
      const aborted = () => wake()
      options.signal.addEventListener('abort', aborted)
      try {
        // What happened since the list that the caller resumes from.
        for (const object of api.all(kind.kind))
          if (matches(object, options) && Number(object.metadata.resourceVersion) > Number(options.resourceVersion ?? 0))
            pending.push({ type: 'MODIFIED', object })
        while (!options.signal.aborted) {
          const event = pending.shift()
          if (event) yield event
          else
            await new Promise<void>(resolve => {
              wake = resolve
            })
        }
      } finally {
        watchers.delete(watcher)
        options.signal.removeEventListener('abort', aborted)
      }
    },
    async raw(): Promise<never> {
      throw new Error('fakeApi has no raw paths')
    },
  } as unknown as FakeApi
  api.seed(...initial)
  return api
}

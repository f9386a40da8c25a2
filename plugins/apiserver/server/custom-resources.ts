/**
 * Follows the CustomResourceDefinitions in the store: serves what they define at once, keeps their status, and clears away the objects of those
 * that are deleted. Source: k8s.io/apiextensions-apiserver pkg/controller/{status,establish,finalizer}
 */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Kind, KubeObject } from '@slipway/core/api'
import type { Log } from '@slipway/core/observe'
import type { CustomResourceDefinition } from '../crd/definition.ts'
import { crdOfKind, groupKinds, servedFromKind } from '../crd/kinds.ts'
import { servedFromCrd } from '../crd/served.ts'
import { crdStatus, isEstablished } from '../crd/status.ts'
import { readObject } from '../object/read-object.ts'
import { toStored } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import type { Entry } from '../store/entry.ts'
import type { Change, Key, Store, Transaction } from '../store/store.ts'
import { createIn } from '../verbs/create.ts'
import { deleteIn } from '../verbs/delete.ts'
import { updateIn } from '../verbs/update.ts'
import type { LiveRegistry } from './live-registry.ts'

export const crdResource = 'customresourcedefinitions.apiextensions.k8s.io'
/** Holds a CRD until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

const keyOf = (name: string): Key => ({ resource: crdResource, namespace: '', name })
const manager = 'kube-apiserver'

export interface CustomResourcesOptions {
  store: Store
  registry: LiveRegistry
  /** Served with the defaults, checks and conversions that only code can say. */
  kinds: readonly Kind[]
  now: () => number
  log: Log
}

/** Brings the registry in step with the store, then follows it. @returns how to stop */
export async function followCustomResources(options: CustomResourcesOptions): Promise<() => void> {
  const { store, registry, kinds, now, log } = options
  const definitions = registry.find('apiextensions.k8s.io', 'v1', 'customresourcedefinitions')!
  const own = new Map(groupKinds(kinds).map(versions => [`${versions[0]!.resource}.${versions[0]!.group}`, versions]))
  const serve = (entry: Entry) => {
    const versions = own.get(entry.name)
    if (versions) return registry.set(entry.name, servedVersions(versions))
    const crd = entry.object as CustomResourceDefinition
    if (isEstablished(crd)) registry.set(entry.name, servedFromCrd(crd))
  }
  let stopped = false
  /** What a change of a CRD asks for, in a commit of its own. */
  const settle = (name: string) =>
    store
      .write(tx => {
        keepStatus(tx, definitions, name, now())
        clearAway(tx, definitions, registry, name, now())
      })
      .catch(error => {
        if (!stopped) log.error({ err: error, crd: name }, 'the status of a CustomResourceDefinition was not written')
      })
  const stop = store.subscribe(crdResource, changes => {
    for (const { type, entry } of changes) {
      if (type === 'DELETED') registry.set(entry.name, [])
      else serve(entry)
      if (type !== 'DELETED') void settle(entry.name)
    }
  })
  await store.write(tx => {
    for (const versions of own.values()) declare(tx, definitions, versions, now())
  })
  for (const entry of store.list(crdResource)) {
    serve(entry)
    if (isUnsettled(entry)) void settle(entry.name)
  }
  // The last object of a CRD that is being deleted releases it.
  const watches = new Map<string, () => void>()
  const followTerminating = store.subscribe(crdResource, changes => {
    for (const change of changes) watchLeftovers(change, store, watches, settle)
  })
  return () => {
    stopped = true
    stop()
    followTerminating()
    for (const unsubscribe of watches.values()) unsubscribe()
  }
}

const servedVersions = (versions: readonly Kind[]): ServedResource[] => {
  const storage = versions.find(kind => kind.storage) ?? versions[0]!
  return versions.map(kind => servedFromKind(kind, storage.version))
}

/** Most were settled before the last stop; large definitions are not parsed to find that out. */
const isUnsettled = ({ json }: Entry): boolean => !json.includes('"type":"Established"') || json.includes('"deletionTimestamp":"')

/** Of what a CRD was made from, so that a start need not compare what it would be with what it is. */
const digestAnnotation = 'slipway.dev/declaration'

/** Stores the CRD of a kind, or brings the stored one up to date. */
function declare(tx: Transaction, definitions: ServedResource, versions: readonly Kind[], now: number): void {
  const text = JSON.stringify(crdOfKind(versions))
  const digest = createHash('sha256').update(text).digest('base64url')
  const wanted = JSON.parse(text) as CustomResourceDefinition
  const current = tx.get(keyOf(wanted.metadata.name))
  if (current?.json.includes(`"${digestAnnotation}":"${digest}"`)) return
  wanted.metadata.annotations = { ...wanted.metadata.annotations, [digestAnnotation]: digest }
  const { object } = readObject(definitions, wanted as unknown as Record<string, unknown>)
  if (current) updateIn(tx, definitions, current, object, { manager, subresource: '', now })
  else createIn(tx, definitions, object, { manager, now })
}

function keepStatus(tx: Transaction, definitions: ServedResource, name: string, now: number): void {
  const current = tx.get(keyOf(name))
  if (!current) return
  const crd = current.copy() as CustomResourceDefinition
  const others = [...tx.list(crdResource)].map(entry => entry.object as CustomResourceDefinition)
  const status = crdStatus(
    crd,
    others.filter(o => o.metadata.name !== name && o.spec.group === crd.spec.group),
    now,
  )
  const finalizers = new Set(crd.metadata.finalizers)
  const lacksFinalizer = !crd.metadata.deletionTimestamp && !finalizers.has(cleanupFinalizer)
  if (isDeepStrictEqual(status, crd.status) && !lacksFinalizer) return
  if (lacksFinalizer) crd.metadata.finalizers = [...finalizers, cleanupFinalizer]
  tx.put(keyOf(name), toStored(definitions, { ...crd, status } as KubeObject))
}

/** Deletes the objects of a terminating CRD, then lets it go. */
function clearAway(tx: Transaction, definitions: ServedResource, registry: LiveRegistry, name: string, now: number): void {
  const current = tx.get(keyOf(name))
  const crd = current?.copy() as CustomResourceDefinition | undefined
  if (!current || !crd?.metadata.deletionTimestamp || !crd.metadata.finalizers?.includes(cleanupFinalizer)) return
  const storage = crd.spec.versions.find(version => version.storage)
  const resource = storage && registry.find(crd.spec.group, storage.name, crd.spec.names.plural)
  if (resource)
    for (const entry of [...tx.list(name)]) if (!entry.object.metadata.deletionTimestamp) deleteIn(tx, resource, entry, {}, now)
  if ([...tx.list(name)].length) return
  const rest = crd.metadata.finalizers.filter(finalizer => finalizer !== cleanupFinalizer)
  if (rest.length) crd.metadata.finalizers = rest
  else delete crd.metadata.finalizers
  if (rest.length) tx.put(keyOf(name), toStored(definitions, crd))
  else tx.remove(keyOf(name), toStored(definitions, crd))
}

function watchLeftovers(
  { type, entry }: Change,
  store: Store,
  watches: Map<string, () => void>,
  settle: (name: string) => void,
): void {
  const { name } = entry
  if (type === 'DELETED') {
    watches.get(name)?.()
    watches.delete(name)
  } else if (entry.object.metadata.deletionTimestamp && !watches.has(name))
    watches.set(
      name,
      store.subscribe(name, changes => {
        if (changes.some(change => change.type === 'DELETED')) settle(name)
      }),
    )
}

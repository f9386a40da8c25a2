/** PUT of an object or of its status; the common end of patch and apply. Source: apiserver pkg/registry/generic/registry/store.go Update */
import { isDeepStrictEqual } from 'node:util'
import { badRequest, conflict, invalid, invalidObject, type KubeObject, StatusError } from '@slipway/core/api'
import { managedFieldsAfterUpdate } from '../apply/field-manager.ts'
import { represent } from '../http/represent.ts'
import { fillDefaults, requireValid } from '../object/admit.ts'
import { fieldContext } from '../object/field-context.ts'
import { nextGeneration } from '../object/generation.ts'
import { carriedMetadata, isTerminating, ordered, settleNamespace } from '../object/metadata.ts'
import { readObject } from '../object/read-object.ts'
import { allocateForService } from '../object/service-allocation.ts'
import { keyIn, qualifiedResource, servedCopy, storageKey, toStored } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import { Entry } from '../store/entry.ts'
import type { Transaction } from '../store/store.ts'
import type { VerbHandler } from './call.ts'
import { commit } from './commit.ts'
import { asDuplicate } from './create.ts'
import { requireEntry } from './get.ts'
import { sentObject } from './sent-object.ts'
import { enforceStrictness, writeOptions } from './write-options.ts'

const modified = 'the object has been modified; please apply your changes to the latest version and try again'

export const update: VerbHandler = async (context, call) => {
  const { resource, namespace, name, subresource = '' } = call
  const options = writeOptions(call, 'UpdateOptions')
  const { value, duplicates } = await sentObject(call)
  const { object, problems } = readObject(resource, value)
  enforceStrictness([...problems, ...duplicates.map(asDuplicate)], options, call)
  const given = object.metadata.name
  if (!given) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (given !== name) throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
  settleNamespace(resource, object.metadata, namespace)
  const entry = await commit(context.store, options.dryRun, tx => {
    const current = requireEntry(tx, resource, namespace, name)
    requireSame(resource, object, current)
    requireFresh(resource, object, current)
    return updateIn(tx, resource, current, object, { manager: options.manager, subresource, now: context.now() })
  })
  return { code: 200, json: represent(context, call, entry) }
}

/** @throws StatusError 409 when the update is of another object of that name */
function requireSame(resource: ServedResource, { metadata }: KubeObject, current: Entry): void {
  const { uid } = current.object.metadata
  if (!metadata.uid || metadata.uid === uid) return
  const place = ['/registry', resource.resource, current.namespace, current.name].filter(Boolean).join('/')
  const detail = `StorageError: invalid object, Code: 4, Key: ${place}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${uid}`
  throw conflict(resource.resource, resource.group, current.name, detail)
}

/**
 * An update must be of the object as it is; custom resources must say of which.
 * @throws StatusError 409, 422
 */
export function requireFresh(resource: ServedResource, next: KubeObject, current: Entry, unconditional = resource.builtin): void {
  const { name, resourceVersion } = next.metadata
  if (!resourceVersion || resourceVersion === '0') {
    if (unconditional) return
    throw invalidObject(qualifiedKind(resource), resource.group, name, [
      invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
    ])
  }
  if (!/^\d+$/.test(resourceVersion))
    throw new StatusError(500, 'Unknown', `strconv.ParseUint: parsing ${JSON.stringify(resourceVersion)}: invalid syntax`)
  if (resourceVersion !== String(current.version)) throw conflict(resource.resource, resource.group, name, modified)
}
const qualifiedKind = ({ resource }: ServedResource) => resource

export interface UpdateOptions {
  manager: string
  subresource: string
  now: number
  /** The field manager has had its turn, as after an apply. */
  managed?: boolean
}

/**
 * Stores the next state of an object, or removes the object when that was all it waited for. Nothing is written when nothing changes.
 * @param next decoded, in the served version; taken over
 */
export function updateIn(
  tx: Transaction,
  resource: ServedResource,
  current: Entry,
  next: KubeObject,
  options: UpdateOptions,
): Entry {
  const { manager, subresource, now, managed } = options
  const old = servedCopy(resource, current)
  next.metadata = carriedMetadata(next.metadata, old.metadata)
  fillDefaults(resource, next, old)
  // Of what was sent, not of what this endpoint lets through: that is how kube-apiserver counts.
  const managedFields = managed
    ? next.metadata.managedFields
    : managedFieldsAfterUpdate(old, next, fieldContext(resource, manager, subresource, now))
  const merged = restrict(resource, next, old, subresource)
  if (managedFields?.length) merged.metadata.managedFields = managedFields
  else delete merged.metadata.managedFields
  const generation = nextGeneration(resource, merged, old)
  if (generation !== undefined) merged.metadata.generation = generation
  if (storageKey(resource) === 'services') allocateForService(merged, tx)
  requireValid(resource, merged, old, subresource || undefined)
  merged.metadata = ordered(merged.metadata)
  const stored = toStored(resource, merged)
  const key = keyIn(resource, old.metadata.namespace ?? '', old.metadata.name)
  if (isReleased(resource, merged, old)) {
    // Watchers see the object as it was; whoever released it sees what they wrote.
    const { version } = tx.remove(key, current.copy())
    stored.metadata.resourceVersion = String(version)
    return new Entry(key, version, JSON.stringify(stored), stored)
  }
  return isUnchanged(stored, current) ? current : tx.put(key, stored)
}

/** What this endpoint may not write stays as it was. */
function restrict(resource: ServedResource, next: KubeObject, old: KubeObject, subresource: string): KubeObject {
  const [wanted, was] = [next as KubeObject & { status?: unknown }, old as KubeObject & { status?: unknown }]
  if (subresource === 'status') {
    const metadata = resource.builtin
      ? { ...wanted.metadata, ...(old.metadata.ownerReferences && { ownerReferences: old.metadata.ownerReferences }) }
      : { ...old.metadata, managedFields: wanted.metadata.managedFields }
    const { status: _, ...rest } = was
    return { ...structuredClone(rest), metadata, ...(wanted.status !== undefined && { status: wanted.status }) } as KubeObject
  }
  if (!resource.hasStatus) return wanted
  const { status: _, ...rest } = wanted
  return { ...rest, ...(was.status !== undefined && { status: structuredClone(was.status) }) } as KubeObject
}

/** The last finalizer of an object that is being deleted has gone. */
function isReleased(resource: ServedResource, next: KubeObject, old: KubeObject): boolean {
  if (!isTerminating(old) || next.metadata.finalizers?.length) return false
  if (qualifiedResource(resource) === 'namespaces') {
    const { spec } = next as KubeObject & { spec?: { finalizers?: string[] } }
    return !spec?.finalizers?.length
  }
  return !old.metadata.deletionGracePeriodSeconds
}

/** Equal but for the times in managedFields, which alone are no change. */
function isUnchanged(next: KubeObject, current: Entry): boolean {
  const candidate = { ...next, metadata: { ...next.metadata, resourceVersion: String(current.version) } }
  const before = current.object
  const text = JSON.stringify(candidate)
  if (text === current.json) return true
  if (text.length !== current.json.length) return false
  const timeless = (object: KubeObject) => ({
    ...object,
    metadata: { ...object.metadata, managedFields: object.metadata.managedFields?.map(({ time: _, ...entry }) => entry) },
  })
  return isDeepStrictEqual(timeless(candidate), timeless(before))
}

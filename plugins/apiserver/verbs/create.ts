/** POST: a new object. Source: k8s.io/apiserver pkg/endpoints/handlers/create.go, pkg/registry/generic/registry/store.go */
import { alreadyExists, type KubeObject, StatusError } from '@slipway/core/api'
import { managedFieldsAfterUpdate } from '../apply/field-manager.ts'
import { represent } from '../http/represent.ts'
import { fillDefaults, requireValid } from '../object/admit.ts'
import { fieldContext } from '../object/field-context.ts'
import { nextGeneration } from '../object/generation.ts'
import { generatedName, newMetadata, ordered, settleNamespace } from '../object/metadata.ts'
import { readObject } from '../object/read-object.ts'
import { prepareSpecial } from '../object/special-resources.ts'
import { keyIn, qualifiedResource, servedCopy, toStored } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import type { Entry } from '../store/entry.ts'
import type { Transaction } from '../store/store.ts'
import type { VerbHandler } from './call.ts'
import { commit } from './commit.ts'
import { requireNamespace } from './namespace-of.ts'
import { sentObject } from './sent-object.ts'
import { enforceStrictness, writeOptions } from './write-options.ts'

const attempts = 8

export const create: VerbHandler = async (context, call) => {
  const { resource, namespace } = call
  const options = writeOptions(call, 'CreateOptions')
  const { value, duplicates } = await sentObject(call)
  const { object, problems } = readObject(resource, value)
  enforceStrictness([...problems, ...duplicates.map(asDuplicate)], options, call)
  settleNamespace(resource, object.metadata, namespace)
  call.warnings.push(...(resource.warnings?.(object) ?? []))
  const entry = await commit(context.store, options.dryRun, tx =>
    createIn(tx, resource, object, { manager: options.manager, now: context.now() }),
  )
  return { code: 201, json: represent(context, call, options.dryRun ? unversioned(resource, entry) : entry) }
}

/** What was only tried has no version. */
export function unversioned(resource: ServedResource, entry: Entry): KubeObject {
  const object = servedCopy(resource, entry)
  delete object.metadata.resourceVersion
  return object
}

export const asDuplicate = (path: string): string => (path.startsWith('line ') ? path : `duplicate field ${JSON.stringify(path)}`)

export interface CreateOptions {
  manager: string
  now: number
  /** Already tracked, as after an apply. */
  managed?: boolean
}

/**
 * Creates a decoded object of this resource.
 * @throws StatusError 400, 403, 404, 409, 422
 */
export function createIn(
  tx: Transaction,
  resource: ServedResource,
  object: KubeObject,
  { manager, now, managed }: CreateOptions,
): Entry {
  const sentVersion = object.metadata.resourceVersion
  if (sentVersion && sentVersion !== '0')
    throw new StatusError(500, 'Unknown', 'resourceVersion should not be set on objects to be created')
  object.metadata = newMetadata(object.metadata, now)
  settleName(tx, resource, object)
  requireNamespace(tx, resource, object)
  const withStatus = object as KubeObject & { status?: unknown }
  if (resource.hasStatus && resource.builtin) {
    if (withStatus.status !== undefined) withStatus.status = {}
  } else if (resource.hasStatus) delete withStatus.status
  fillDefaults(resource, object)
  if (!managed) {
    // Before the server adds what is its own: nobody owns that.
    const managedFields = managedFieldsAfterUpdate(undefined, object, fieldContext(resource, manager, '', now))
    if (managedFields?.length) object.metadata.managedFields = managedFields
    else delete object.metadata.managedFields
  }
  resource.prepare?.(object)
  prepareSpecial(resource, object, tx)
  const generation = nextGeneration(resource, object, undefined)
  if (generation !== undefined) object.metadata.generation = generation
  requireValid(resource, object)
  const key = keyIn(resource, object.metadata.namespace ?? '', object.metadata.name)
  if (tx.get(key)) throw alreadyExists(resource.resource, resource.group, object.metadata.name)
  object.metadata = ordered(object.metadata)
  return tx.put(key, toStored(resource, object))
}

function settleName(tx: Transaction, resource: ServedResource, object: KubeObject): void {
  const { metadata } = object
  if (metadata.name || !metadata.generateName) return
  for (let i = 0; i < attempts; i++) {
    metadata.name = generatedName(metadata.generateName)
    if (!tx.get(keyIn(resource, metadata.namespace ?? '', metadata.name))) return
  }
  throw new StatusError(
    409,
    'AlreadyExists',
    `${qualifiedResource(resource)} ${JSON.stringify(metadata.name)} already exists, the server was not able to generate a unique name for the object`,
    { name: metadata.name, kind: resource.resource },
  )
}

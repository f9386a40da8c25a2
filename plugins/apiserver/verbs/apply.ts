/** Server-side apply of an object or its status. Source: k8s.io/apiserver pkg/endpoints/handlers/patch.go applyPatcher */
import { badRequest, conflict, groupOf, type KubeObject, notFound, prune, StatusError, versionOf } from '@slipway/core/api'
import { apply } from '../apply/field-manager.ts'
import { mergeProblem } from '../apply/merge-problem.ts'
import { isDict, wholeSchema } from '../apply/shape.ts'
import { fieldContext } from '../object/field-context.ts'
import { settleNamespace } from '../object/metadata.ts'
import { readObject } from '../object/read-object.ts'
import { apiVersionServed, keyIn, servedCopy } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import type { Entry } from '../store/entry.ts'
import type { Transaction } from '../store/store.ts'
import type { Call } from './call.ts'
import { createIn } from './create.ts'
import { updateIn } from './update.ts'
import type { WriteOptions } from './write-options.ts'

/**
 * The stated object: only what was sent, in the forms that Go gives to values.
 * @throws StatusError 400, 500 as kube-apiserver does for fields that the schema does not have
 */
export function readApplied(call: Call, value: unknown): KubeObject {
  const { resource, namespace, name } = call
  if (!isDict(value)) throw badRequest('error decoding YAML: the applied configuration must be an object')
  const { apiVersion = '', kind = '' } = value as { apiVersion?: string; kind?: string }
  const given = `${groupOf(apiVersion)}/${versionOf(apiVersion)}, Kind=${kind}`
  if (!apiVersion || kind !== resource.kind) throw badRequest(`invalid object type: ${given}`)
  if (apiVersion !== apiVersionServed(resource))
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${apiVersion}, expected: ${apiVersionServed(resource)}`,
    )
  if (!isDict(value.metadata)) value.metadata = {}
  const object = value as unknown as KubeObject
  const { metadata } = object
  const problem = typedProblem(resource, value)
  if (problem)
    throw new StatusError(
      500,
      'Unknown',
      `failed to create typed patch object (${metadata.namespace ?? ''}/${metadata.name ?? ''}; ${given}): ${problem}`,
    )
  // Only to see whether it can be read: what is applied is what was stated, in the words in which it was.
  readObject(resource, structuredClone(value), false)
  if (!metadata.name) throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  if (metadata.name !== name)
    throw badRequest(`the name of the object (${metadata.name}) does not match the name on the URL (${name})`)
  settleNamespace(resource, metadata, namespace)
  if (metadata.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil')
  return object
}

/** Fields that are not in the schema, lists whose items cannot be told apart. */
function typedProblem(resource: ServedResource, value: Record<string, unknown>): string | undefined {
  const schema = wholeSchema(resource.schema)
  const [unknown] = prune(schema, structuredClone(value))
  if (unknown) return `.${unknown}: field not declared in schema`
  return mergeProblem(schema, value)
}

export function applyIn(
  tx: Transaction,
  call: Call,
  applied: KubeObject,
  options: WriteOptions,
  now: number,
): { entry: Entry; created: boolean } {
  const { resource, namespace, name, subresource = '' } = call
  const { manager, force } = options
  const current = tx.get(keyIn(resource, namespace, name!))
  const context = fieldContext(resource, manager, subresource, now)
  const wanted = structuredClone(applied)
  if (!current) {
    if (subresource) throw notFound(resource.resource, resource.group, name!)
    if (wanted.metadata.uid)
      throw conflict(
        resource.resource,
        resource.group,
        name!,
        `uid mismatch: the provided object specified uid ${wanted.metadata.uid}, and no existing object was found`,
      )
    const object = apply(undefined, wanted, force, context)
    const { managedFields } = object.metadata
    delete object.metadata.resourceVersion
    const { object: filled } = readObject(resource, object as unknown as Record<string, unknown>)
    if (managedFields) filled.metadata.managedFields = managedFields
    return { entry: createIn(tx, resource, filled, { manager, now, managed: true }), created: true }
  }
  const { resourceVersion } = wanted.metadata
  if (resourceVersion && resourceVersion !== String(current.version))
    throw conflict(
      resource.resource,
      resource.group,
      name!,
      'the object has been modified; please apply your changes to the latest version and try again',
    )
  const next = apply(servedCopy(resource, current), wanted, force, context)
  const { managedFields } = next.metadata
  const { object } = readObject(resource, next as unknown as Record<string, unknown>)
  if (managedFields) object.metadata.managedFields = managedFields
  return { entry: updateIn(tx, resource, current, object, { manager, subresource, now, managed: true }), created: false }
}

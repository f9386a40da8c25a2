/** Defaults, then validation: what every object passes before it is stored. */
import { applyDefaults, invalidObject, type KubeObject, validateSchema } from '@slipway/core/api'
import { validateMetadata } from '@slipway/core/api/kubernetes'
import type { ServedResource } from '../served-resource.ts'

const body = (object: KubeObject): Record<string, unknown> => {
  const { apiVersion: _, kind: __, metadata: ___, ...rest } = object
  return rest
}

/** Fills defaults in place. */
export function fillDefaults(resource: ServedResource, object: KubeObject, old?: KubeObject): void {
  if (!resource.builtin) applyDefaults(resource.schema, object)
  resource.defaults?.(object, old)
}

/** @throws StatusError 422 with a cause for each problem */
export function requireValid(resource: ServedResource, object: KubeObject, old?: KubeObject, subresource?: string): void {
  const { namespaced, checkName } = resource
  const errors = validateMetadata(object.metadata, { namespaced, ...(checkName && { checkName }) }, old?.metadata)
  // Both the generic checks of an update and each strategy look at the metadata: what is wrong there is said twice.
  if (old) errors.push(...errors)
  if (!resource.builtin) errors.push(...validateSchema(resource.schema, body(object)))
  errors.push(...(resource.validate?.(object, old, subresource) ?? []))
  if (errors.length) throw invalidObject(resource.kind, resource.group, object.metadata.name ?? '', errors)
}

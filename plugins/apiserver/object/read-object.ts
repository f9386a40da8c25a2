/** From a parsed body to an object of a resource: the right kind, known fields only. */
import { badRequest, invalid, invalidObject, type KubeObject, prune, type StatusError, versionOf } from '@slipway/core/api'
import { decode, objectMetaSchema } from '@slipway/core/api/kubernetes'
import { isDict } from '../apply/shape.ts'
import type { ServedResource } from '../served-resource.ts'
import { apiVersionServed } from './stored.ts'

export interface ReadObject {
  object: KubeObject
  /** For strict field validation: `unknown field "spec.x"`. */
  problems: string[]
}

/**
 * Changes the value in place. apiVersion and kind may be missing; they must not be others.
 * @param fill see `ServedResource.decode`
 * @throws StatusError 400 as kube-apiserver words it
 */
export function readObject(resource: ServedResource, value: Record<string, unknown>, fill = true): ReadObject {
  const wanted = apiVersionServed(resource)
  const apiVersion = value.apiVersion ?? (resource.builtin ? wanted : '')
  const kind = value.kind ?? resource.kind
  if (kind !== resource.kind || apiVersion !== wanted) throw otherType(resource, String(apiVersion), String(kind), value)
  Object.assign(value, { apiVersion, kind })
  if (!isDict(value.metadata)) {
    if (value.metadata !== undefined && value.metadata !== null) {
      const where = resource.builtin ? `struct field ${resource.kind}.metadata` : 'value'
      const got = Array.isArray(value.metadata) ? 'array' : typeof value.metadata
      throw unreadable(resource, `json: cannot unmarshal ${got} into Go ${where} of type v1.ObjectMeta`)
    }
    value.metadata = {}
  }
  const object = value as unknown as KubeObject
  const { problem, unknown } = resource.decode ? resource.decode(object, { fill }) : readCustom(resource, value)
  if (problem) throw unreadable(resource, problem)
  // Go always writes it, as null before it is set; it means nothing to anybody.
  if ((object.metadata.creationTimestamp as unknown) === null) delete object.metadata.creationTimestamp
  if (!resource.builtin) unknown.sort()
  return { object, problems: unknown.map(path => `unknown field ${JSON.stringify(path)}`) }
}

/** A body of another kind or version than the URL's. */
function otherType(resource: ServedResource, apiVersion: string, kind: string, value: Record<string, unknown>): StatusError {
  const wanted = apiVersionServed(resource)
  const version = versionOf(apiVersion)
  const handled = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${resource.kind}`
  if (resource.builtin && kind !== resource.kind)
    return badRequest(
      `${handled}: converting (${version}.${kind}) to (${resource.group.split('.')[0] || 'core'}.${resource.kind}): unknown conversion`,
    )
  if (resource.builtin)
    return badRequest(
      `${handled}: no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/runtime/scheme.go:110"`,
    )
  if (apiVersion !== wanted)
    return badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`)
  const name = isDict(value.metadata) ? String(value.metadata.name ?? '') : ''
  return invalidObject(kind, resource.group, name, [invalid('kind', kind, `must be ${resource.kind}`)])
}

const unreadable = ({ kind, version }: ServedResource, problem: string) =>
  badRequest(`${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${problem}`)

function readCustom({ schema }: ServedResource, value: Record<string, unknown>) {
  const { apiVersion, kind, metadata, ...rest } = value
  const meta = decode(objectMetaSchema(), metadata as Record<string, unknown>)
  const unknown = prune(schema, rest)
  for (const key of Object.keys(value))
    if (!(key in rest) && key !== 'apiVersion' && key !== 'kind' && key !== 'metadata') delete value[key]
  return {
    ...(meta.problem && { problem: meta.problem }),
    unknown: [...meta.unknown.map(path => `metadata.${path}`), ...unknown],
  }
}

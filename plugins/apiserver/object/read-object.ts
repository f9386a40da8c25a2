/** From a parsed body to an object of a resource: the right kind, known fields only. */
import { badRequest, type KubeObject, prune, versionOf } from '@slipway/core/api'
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
  const { apiVersion = wanted, kind = resource.kind } = value as { apiVersion?: unknown; kind?: unknown }
  if (kind !== resource.kind)
    throw badRequest(
      `${kind} in version ${JSON.stringify(versionOf(String(apiVersion)))} cannot be handled as a ${resource.kind}: converting (${kind}) to (${resource.kind}): unknown conversion`,
    )
  if (apiVersion !== wanted)
    throw badRequest(`the API version in the data (${apiVersion}) does not match the expected API version (${wanted})`)
  Object.assign(value, { apiVersion, kind })
  if (!isDict(value.metadata)) {
    if (value.metadata !== undefined && value.metadata !== null)
      throw unreadable(
        resource,
        `json: cannot unmarshal ${typeof value.metadata} into Go struct field .metadata of type v1.ObjectMeta`,
      )
    value.metadata = {}
  }
  const object = value as unknown as KubeObject
  const { problem, unknown } = resource.decode ? resource.decode(object, { fill }) : readCustom(resource, value)
  if (problem) throw unreadable(resource, problem)
  // Go always writes it, as null before it is set; it means nothing to anybody.
  if ((object.metadata.creationTimestamp as unknown) === null) delete object.metadata.creationTimestamp
  return { object, problems: unknown.map(path => `unknown field ${JSON.stringify(path)}`) }
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

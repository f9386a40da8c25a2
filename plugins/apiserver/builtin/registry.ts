/** Kubernetes' own resources as the server serves them. Schemas, defaults and checks are looked up on first use: making the list costs next to nothing. */
import { groupOf, type JsonSchema, versionOf } from '@slipway/core/api'
import {
  decode,
  defaultsOf,
  definition,
  definitionName,
  nameCheckOf,
  prepareOf,
  requiredErrors,
  unqualifiedFinalizers,
  type Validation,
  validationOf,
  warningsOf,
} from '@slipway/core/api/kubernetes'
import { validateCrd } from '../crd/validate.ts'
import type { ServedResource, Verb } from '../served-resource.ts'
import { createdAt } from './columns/column.ts'
import { eventConversion } from './event-conversion.ts'
import { horizontalPodAutoscalerConversion } from './horizontal-pod-autoscaler-conversion.ts'
import { type BuiltinRow, builtinRows } from './resources.ts'

const allVerbs: Verb[] = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
const deploymentScale = {
  specReplicasPath: '.spec.replicas',
  statusReplicasPath: '.status.replicas',
  labelSelectorPath: '.status.selector',
}
const plainColumns = [createdAt]
const schemas = new Map<string, JsonSchema>()

/** A kind's schema without what every object has. */
function schemaOf(name: string): JsonSchema {
  const found = schemas.get(name)
  if (found) return found
  const whole = definition(name)
  const { apiVersion: _v, kind: _k, metadata: _m, ...properties } = whole.properties ?? {}
  const schema: JsonSchema = { ...whole, properties }
  schemas.set(name, schema)
  return schema
}

function served(row: BuiltinRow): ServedResource {
  const [group, version, kind] = [groupOf(row.in), versionOf(row.in), row.kind]
  const name = () => definitionName(group, version, kind)!
  const own = kind === 'CustomResourceDefinition' ? validateCrd : validationOf(group, kind)
  const check: Validation = own ?? (object => requiredErrors(schemaOf(name()), object))
  const resource: ServedResource = {
    group,
    version,
    kind,
    resource: row.resource,
    singular: kind.toLowerCase(),
    shortNames: row.short ?? [],
    categories: row.categories ?? [],
    namespaced: row.namespaced ?? true,
    verbs: row.verbs ?? allVerbs,
    get schema() {
      return schemaOf(name())
    },
    columns: row.columns ?? plainColumns,
    hasStatus: row.status ?? false,
    builtin: true,
    storageVersion: version,
    decode: (object, options) => decode(definition(name()), object as unknown as Record<string, unknown>, options),
    checkName: nameCheckOf(group, kind),
    defaults: defaultsOf(group, kind),
    prepare: prepareOf(group, version, kind),
    warnings: warningsOf,
    validate: (object, old, subresource) => [
      ...(old ? [] : unqualifiedFinalizers(object.metadata)),
      ...check(object, old, subresource),
    ],
    ...(row.deprecationWarning && { deprecationWarning: row.deprecationWarning }),
    ...(row.ownNameColumn && { ownNameColumn: true }),
    ...(row.scale && { scale: deploymentScale }),
    ...(row.subresources && { subresources: row.subresources }),
    ...(row.rowConditions && { rowConditions: row.rowConditions }),
  }
  if (group === 'events.k8s.io') return { ...withGetter(resource), ...eventConversion }
  if (group === 'autoscaling' && version === 'v1') return { ...withGetter(resource), ...horizontalPodAutoscalerConversion }
  return resource
}

/** Spreading would call the getter. */
const withGetter = (resource: ServedResource): ServedResource =>
  Object.defineProperties({}, Object.getOwnPropertyDescriptors(resource)) as ServedResource

/** All of them, in the order of discovery. New objects at each call; the server keeps one list. */
export const builtinResources = (): ServedResource[] => builtinRows.map(served)

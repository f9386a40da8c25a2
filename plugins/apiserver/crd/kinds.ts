/** The kinds that the platform declares in code, as CRDs that users see and as resources that the server serves. */
import { apiVersionOf, type FieldError, type JsonSchema, type Kind, type KubeObject, validateSchema } from '@slipway/core/api'
import type { ServedResource } from '../served-resource.ts'
import type { CrdVersion, CustomResourceDefinition } from './definition.ts'
import { servedVersion } from './served.ts'

const metadata = { type: 'object' } as const
const texts = {
  apiVersion:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  kind: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
}

/** Keywords of Kubernetes' built-in types that no CRD may have: they belong to strategic merge patch. */
const foreign = [
  'x-kubernetes-patch-strategy',
  'x-kubernetes-patch-merge-key',
  'x-kubernetes-unions',
  'x-kubernetes-group-version-kind',
]

/** Parts that kinds share, such as a pod's schema, stay shared. */
const copies = new WeakMap<JsonSchema, JsonSchema>()

/** A copy that a CRD may hold. */
function crdSchema(schema: JsonSchema): JsonSchema {
  const known = copies.get(schema)
  if (known) return known
  const copy: JsonSchema = { ...schema }
  for (const keyword of foreign) if (keyword in copy) delete copy[keyword as keyof JsonSchema]
  if (copy.properties) {
    const properties: Record<string, JsonSchema> = {}
    for (const name in copy.properties) properties[name] = crdSchema(copy.properties[name]!)
    copy.properties = properties
  }
  if (copy.items) copy.items = crdSchema(copy.items)
  if (typeof copy.additionalProperties === 'object') copy.additionalProperties = crdSchema(copy.additionalProperties)
  copies.set(schema, copy)
  return copy
}

function wholeSchema({ schema }: Kind): JsonSchema {
  const own = crdSchema(schema)
  return {
    ...own,
    properties: {
      apiVersion: { type: 'string', description: texts.apiVersion },
      kind: { type: 'string', description: texts.kind },
      metadata,
      ...own.properties,
    },
  }
}

/**
 * One CRD of all versions of a kind, without status.
 * @param kinds the versions of one kind, at least one of which is stored
 * @throws Error when they are of different kinds
 */
export function crdOfKind(kinds: readonly Kind[]): CustomResourceDefinition {
  const main = kinds.find(k => k.storage) ?? kinds[0]
  if (!main || kinds.some(k => k.group !== main.group || k.kind !== main.kind || k.resource !== main.resource))
    throw new Error(`one CRD needs versions of one kind, not ${kinds.map(k => `${k.kind}.${k.group}`).join(', ') || 'none'}`)
  return definitionOf(kinds, main, k => versionOf(k, k === main, wholeSchema(k)))
}

const versionOf = (k: Kind, storage: boolean, openAPIV3Schema: JsonSchema): CrdVersion => ({
  name: k.version,
  served: true,
  storage,
  schema: { openAPIV3Schema },
  ...((k.hasStatus || k.scale) && {
    subresources: { ...(k.hasStatus && { status: {} }), ...(k.scale && { scale: k.scale }) },
  }),
  ...(k.columns.length && { additionalPrinterColumns: k.columns.map(c => ({ ...c })) }),
})

function definitionOf(
  kinds: readonly Kind[],
  main: Kind,
  version: (kind: Kind) => CrdVersion = k => versionOf(k, true, k.schema),
): CustomResourceDefinition {
  const { group, kind, resource, singular, shortNames, categories, namespaced } = main
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${resource}.${group}` },
    spec: {
      group,
      names: {
        kind,
        listKind: `${kind}List`,
        plural: resource,
        singular,
        ...(shortNames.length && { shortNames: [...shortNames] }),
        ...(categories.length && { categories: [...categories] }),
      },
      scope: namespaced ? 'Namespaced' : 'Cluster',
      versions: kinds.map(version),
    },
  }
}

/** The kinds of one group and name together, in the order in which they are given. */
export function groupKinds(kinds: readonly Kind[]): Kind[][] {
  const groups = new Map<string, Kind[]>()
  for (const kind of kinds) {
    const key = `${kind.resource}.${kind.group}`
    groups.set(key, [...(groups.get(key) ?? []), kind])
  }
  return [...groups.values()]
}

/** Code that fills in defaults may trust the types; where one is wrong, validation says so. */
const typedDefaults =
  ({ schema, defaults }: Kind): NonNullable<ServedResource['defaults']> =>
  (object, old) => {
    const isTyped = !validateSchema(schema, object).some(problem => problem.type === 'FieldValueTypeInvalid')
    if (isTyped) defaults?.(object, old)
  }

/**
 * A kind as a resource: as its CRD would be, with the defaults, checks and conversions that only code can say.
 * @param storageVersion of the version that is stored; default: the kind's own
 */
export function servedFromKind(kind: Kind, storageVersion = kind.version): ServedResource {
  const plain = servedVersion(definitionOf([kind], kind), versionOf(kind, true, kind.schema))
  const { defaults, validate, toStorage, fromStorage, group } = kind
  const stored = apiVersionOf(group, storageVersion)
  const served = apiVersionOf(group, kind.version)
  const converts = storageVersion !== kind.version
  const rules = plain.validate
  return {
    ...plain,
    schema: kind.schema,
    storageVersion,
    ...(converts && {
      toStorage: toStorage ?? (object => ({ ...object, apiVersion: stored })),
      fromStorage: fromStorage ?? (object => ({ ...object, apiVersion: served })),
    }),
    ...(defaults && { defaults: typedDefaults(kind) }),
    ...((validate || rules) && {
      validate: (object: KubeObject, old?: KubeObject): FieldError[] => [
        ...(rules?.(object, old) ?? []),
        // Code that checks may trust the schema; what the schema finds is said first.
        ...(validate && !validateSchema(kind.schema, object).length ? validate(object, old) : []),
      ],
    }),
  }
}

/** Custom resources as the server serves them: one for each served version of a CRD. Pure. */
import { apiVersionOf, applyDefaults, type FieldError, type JsonSchema, type KubeObject, validateSchema } from '@slipway/core/api'
import { finalizerWarnings } from '@slipway/core/api/kubernetes'
import { compareVersions } from '../discovery/compare-versions.ts'
import type { Column, ServedResource, Verb } from '../served-resource.ts'
import { hasRules, ruleErrors } from './cel/rules.ts'
import type { CrdVersion, CustomResourceDefinition } from './definition.ts'
import { scaleErrors } from './scale-errors.ts'

const verbs: Verb[] = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']

const anyObject: JsonSchema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

/** What tables show of custom resources that declare no columns. */
const ageColumn: Column = {
  name: 'Age',
  type: 'date',
  description:
    'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata',
  jsonPath: '.metadata.creationTimestamp',
}

function columnsOf({ additionalPrinterColumns: declared }: CrdVersion): Column[] {
  if (!declared?.length) return [ageColumn]
  return declared.map(({ name, type, format, description, priority, jsonPath }) => ({
    name,
    type: type as Column['type'],
    jsonPath,
    description: description ?? `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(format && { format }),
    ...(priority && { priority }),
  }))
}

/** Points to the best version that is better than the deprecated one. Source: apiextensions-apiserver pkg/apiserver/customresource_handler.go */
function deprecation({ spec: { group, names, versions } }: CustomResourceDefinition, name: string): string {
  const [best] = versions
    .filter(v => v.served && !v.deprecated)
    .map(v => v.name)
    .sort(compareVersions)
  const instead = best && compareVersions(best, name) < 0 ? `; use ${group}/${best} ${names.kind}` : ''
  return `${group}/${name} ${names.kind} is deprecated${instead}`
}

/** Without metadata, apiVersion and kind, which have rules of their own. */
function schemaOf(version: CrdVersion): JsonSchema {
  const whole = version.schema?.openAPIV3Schema
  if (!whole) return anyObject
  const { apiVersion: _v, kind: _k, metadata: _m, ...properties } = whole.properties ?? {}
  const required = whole.required?.filter(name => name !== 'metadata' && name !== 'apiVersion' && name !== 'kind')
  return { ...whole, properties, ...(required && { required }) }
}

/** Faults after which rules would only tell the same again, or fail. */
const blocking = new Set<FieldError['type']>([
  'FieldValueNotSupported',
  'FieldValueRequired',
  'FieldValueTooLong',
  'FieldValueTooMany',
  'FieldValueTypeInvalid',
])
const unchecked: FieldError = {
  type: 'FieldValueInvalid',
  field: '<nil>',
  message:
    'Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
}

/** Rules see the object with its name; of metadata nothing else. */
const visible = ({ metadata, ...rest }: KubeObject) => ({
  ...rest,
  metadata: { name: metadata.name, ...(metadata.generateName && { generateName: metadata.generateName }) },
})

/** What the schema itself cannot say: rules in CEL, and the counts that scale names. Undefined when there is nothing to check. */
function checksOf(schema: JsonSchema, scale: ServedResource['scale']): ServedResource['validate'] {
  const rules = hasRules(schema)
  if (!rules && !scale) return undefined
  return (object, old) => {
    const counts = scale ? scaleErrors(object, scale) : []
    if (!rules) return counts
    if (validateSchema(schema, object).some(e => blocking.has(e.type))) return [...counts, unchecked]
    return [...counts, ...ruleErrors(schema, visible(object), old && visible(old))]
  }
}

/**
 * @param crd accepted and defaulted
 * @returns nothing for versions that are not served
 */
export const servedFromCrd = (crd: CustomResourceDefinition): ServedResource[] =>
  crd.spec.versions.filter(v => v.served).map(version => servedVersion(crd, version))

/** One version of a CRD, which need not be among those that the CRD lists. */
export function servedVersion(crd: CustomResourceDefinition, version: CrdVersion): ServedResource {
  const { group, names, scope, versions } = crd.spec
  const storage = versions.find(v => v.storage) ?? versions[0]!
  const schema = schemaOf(version)
  const { scale, status } = version.subresources ?? {}
  const validate = checksOf(schema, scale)
  return {
    group,
    version: version.name,
    kind: names.kind,
    resource: names.plural,
    singular: names.singular || names.kind.toLowerCase(),
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    namespaced: scope === 'Namespaced',
    verbs,
    schema,
    columns: columnsOf(version),
    hasStatus: status !== undefined,
    ...(scale && { scale }),
    ...(version.deprecated && {
      deprecationWarning: version.deprecationWarning ?? deprecation(crd, version.name),
    }),
    builtin: false,
    storageVersion: storage.name,
    ...(version.name !== storage.name && {
      toStorage: (object: KubeObject) => ({ ...object, apiVersion: apiVersionOf(group, storage.name) }),
      fromStorage: (object: KubeObject) => revived(schema, { ...object, apiVersion: apiVersionOf(group, version.name) }),
    }),
    ...(version.selectableFields?.length && {
      selectableFields: version.selectableFields.map(f => f.jsonPath.replace(/^\./, '')),
    }),
    warnings: object => finalizerWarnings(object.metadata),
    ...(validate && { validate }),
  }
}

/** With conversion strategy None, what the other version did not know gets this version's defaults. */
function revived(schema: JsonSchema, object: KubeObject): KubeObject {
  const copy = structuredClone(object)
  applyDefaults(schema, copy)
  return copy
}

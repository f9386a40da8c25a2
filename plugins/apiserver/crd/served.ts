/** Custom resources as the server serves them: one for each served version of a CRD. Pure. */
import { apiVersionOf, applyDefaults, type JsonSchema, type KubeObject } from '@slipway/core/api'
import type { Column, ServedResource, Verb } from '../served-resource.ts'
import { hasRules, ruleErrors } from './cel/rules.ts'
import type { CrdVersion, CustomResourceDefinition } from './definition.ts'

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

/** Without metadata, apiVersion and kind, which have rules of their own. */
function schemaOf(version: CrdVersion): JsonSchema {
  const whole = version.schema?.openAPIV3Schema
  if (!whole) return anyObject
  const { apiVersion: _v, kind: _k, metadata: _m, ...properties } = whole.properties ?? {}
  const required = whole.required?.filter(name => name !== 'metadata' && name !== 'apiVersion' && name !== 'kind')
  return { ...whole, properties, ...(required && { required }) }
}

/** Rules see the object with its name; of metadata nothing else. */
const rulesOf = (schema: JsonSchema) => (object: KubeObject, old?: KubeObject) =>
  ruleErrors(schema, visible(object), old && visible(old))

const visible = ({ metadata, ...rest }: KubeObject) => ({
  ...rest,
  metadata: { name: metadata.name, ...(metadata.generateName && { generateName: metadata.generateName }) },
})

/**
 * @param crd accepted and defaulted
 * @returns nothing for versions that are not served
 */
export function servedFromCrd(crd: CustomResourceDefinition): ServedResource[] {
  const { group, names, scope, versions } = crd.spec
  const storage = versions.find(v => v.storage) ?? versions[0]!
  return versions
    .filter(v => v.served)
    .map(version => {
      const schema = schemaOf(version)
      const { scale, status } = version.subresources ?? {}
      const converted = version.name !== storage.name
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
          deprecationWarning: version.deprecationWarning ?? `${group}/${version.name} ${names.kind} is deprecated`,
        }),
        builtin: false,
        storageVersion: storage.name,
        ...(converted && {
          toStorage: (object: KubeObject) => ({ ...object, apiVersion: apiVersionOf(group, storage.name) }),
          fromStorage: (object: KubeObject) => revived(schema, { ...object, apiVersion: apiVersionOf(group, version.name) }),
        }),
        ...(version.selectableFields?.length && {
          selectableFields: version.selectableFields.map(f => f.jsonPath.replace(/^\./, '')),
        }),
        ...(hasRules(schema) && { validate: rulesOf(schema) }),
      }
    })
}

/** With conversion strategy None, what the other version did not know gets this version's defaults. */
function revived(schema: JsonSchema, object: KubeObject): KubeObject {
  const copy = structuredClone(object)
  applyDefaults(schema, copy)
  return copy
}

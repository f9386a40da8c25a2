/** Custom resources as OpenAPI schemas: the CRD's own schema with what every object has. */
import type { JsonSchema } from '@slipway/core/api'
import { goShape } from '@slipway/core/api/kubernetes'
import type { ServedResource } from '../served-resource.ts'
import { type Dialect, type OpenApiSchema, referenceTo } from './builtin-schemas.ts'

const objectMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta'
const listMeta = 'io.k8s.apimachinery.pkg.apis.meta.v1.ListMeta'
const texts = {
  apiVersion:
    'APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources',
  kind: 'Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds',
  metadata:
    "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
}

const metaReference = (dialect: Dialect, name: string, description: string) =>
  dialect === 'v3' ? { description, allOf: [referenceTo(dialect, name)] } : { description, ...referenceTo(dialect, name) }

const typeFields = () => ({
  apiVersion: { description: texts.apiVersion, type: 'string' },
  kind: { description: texts.kind, type: 'string' },
})

const gvkOf = ({ group, version, kind }: ServedResource, suffix = '') => [{ group, kind: `${kind}${suffix}`, version }]

/** What OpenAPI v2 cannot say is left out, which makes it say less, never anything wrong. Source: apiextensions-apiserver pkg/controller/openapi/v2/conversion.go */
function inV2(schema: JsonSchema): JsonSchema {
  const { anyOf: _a, oneOf: _o, not: _n, nullable: _u, 'x-kubernetes-validations': _v, allOf: _l, ...rest } = schema
  if (schema['x-kubernetes-preserve-unknown-fields'] && schema.properties)
    return {
      type: 'object',
      ...(schema.description && { description: schema.description }),
      'x-kubernetes-preserve-unknown-fields': true,
    }
  return {
    ...rest,
    ...(rest.properties && { properties: Object.fromEntries(Object.entries(rest.properties).map(([k, v]) => [k, inV2(v)])) }),
    ...(rest.items && { items: inV2(rest.items) }),
    ...(typeof rest.additionalProperties === 'object' && { additionalProperties: inV2(rest.additionalProperties) }),
  }
}

type Texts = Record<string, Record<string, string>>

/** Kubernetes' own types within a kind, such as a pod's, bring their descriptions along. A copy; what has none stays as it is. */
function described(schema: JsonSchema, texts: Texts): JsonSchema {
  const own = texts[goShape(schema)?.definition ?? '']
  const { properties, items, additionalProperties: rest } = schema
  const field = (name: string, inner: JsonSchema) => {
    const known = described(inner, texts)
    const text = own?.[name]
    return text ? { ...known, description: text } : known
  }
  return {
    ...schema,
    ...(own?.[''] && !schema.description && { description: own[''] }),
    ...(properties && { properties: Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, field(k, v)])) }),
    ...(items && { items: described(items, texts) }),
    ...(typeof rest === 'object' && { additionalProperties: described(rest, texts) }),
  }
}

/** The kind and its list, under their names. They refer to ObjectMeta and ListMeta. */
export function customSchemas(
  resource: ServedResource,
  name: string,
  dialect: Dialect,
  descriptions: Texts,
): Record<string, OpenApiSchema> {
  const whole = described(resource.schema, descriptions)
  const schema = dialect === 'v2' ? inV2(whole) : whole
  return {
    [name]: {
      ...schema,
      properties: { ...typeFields(), metadata: metaReference(dialect, objectMeta, texts.metadata), ...schema.properties },
      'x-kubernetes-group-version-kind': gvkOf(resource),
    },
    [`${name}List`]: {
      description: `${resource.kind}List is a list of ${resource.kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        ...typeFields(),
        items: {
          description: `List of ${resource.resource}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
          type: 'array',
          items: referenceTo(dialect, name),
        },
        metadata: metaReference(dialect, listMeta, texts.metadata),
      },
      'x-kubernetes-group-version-kind': gvkOf(resource, 'List'),
    },
  }
}
export const customReferences = [objectMeta, listMeta]

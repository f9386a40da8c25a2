/**
 * How a schema says that a value is merged: as a whole, field by field, or item by item.
 * Source: k8s.io/kube-openapi pkg/schemaconv, for structural schemas and for Kubernetes' own types alike.
 */
import type { JsonSchema } from '@slipway/core/api'
import { objectMetaSchema } from '@slipway/core/api/kubernetes'

export type Dict = Record<string, unknown>
export const isDict = (value: unknown): value is Dict => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A value without a schema: maps are merged field by field, lists are atomic. */
const untyped: JsonSchema = {}

export type Shape = 'scalar' | 'atomic' | 'map' | 'keyed-list' | 'set'

/** The merge shape of a value; the value's own form decides where the schema does not. */
export function shapeOf(schema: JsonSchema, value: unknown): Shape {
  if (Array.isArray(value)) {
    if (schema['x-kubernetes-list-type'] === 'map') return 'keyed-list'
    return schema['x-kubernetes-list-type'] === 'set' ? 'set' : 'atomic'
  }
  if (isDict(value)) return schema['x-kubernetes-map-type'] === 'atomic' ? 'atomic' : 'map'
  return 'scalar'
}

export const fieldSchema = (schema: JsonSchema, name: string): JsonSchema => {
  const known = schema.properties?.[name]
  if (known) return known
  return isDict(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : untyped
}
export const itemSchema = (schema: JsonSchema): JsonSchema => schema.items ?? untyped

/** A field of a struct, as opposed to a key of a map such as labels. */
export const isNamedField = (schema: JsonSchema, name: string): boolean => schema.properties?.[name] !== undefined

/** Canonical JSON: keys sorted, as path elements need it. */
const canonical = (value: unknown): string =>
  isDict(value)
    ? `{${Object.keys(value)
        .sort()
        .map(key => `${JSON.stringify(key)}:${canonical(value[key])}`)
        .join(',')}}`
    : Array.isArray(value)
      ? `[${value.map(canonical).join(',')}]`
      : JSON.stringify(value)

/** The step that names a list's item. */
export function itemStep(schema: JsonSchema, item: unknown): string {
  if (schema['x-kubernetes-list-type'] === 'set') return `v:${canonical(item)}`
  const key: Dict = {}
  for (const name of schema['x-kubernetes-list-map-keys'] ?? []) {
    const value = (isDict(item) ? item[name] : undefined) ?? schema.items?.properties?.[name]?.default
    if (value !== undefined) key[name] = value
  }
  return `k:${canonical(key)}`
}

const string: JsonSchema = { type: 'string' }
const whole = new WeakMap<JsonSchema, JsonSchema>()

/** A resource's schema with apiVersion, kind and metadata put in. */
export function wholeSchema(schema: JsonSchema): JsonSchema {
  let made = whole.get(schema)
  if (!made) {
    made = {
      ...schema,
      properties: { apiVersion: string, kind: string, ...schema.properties, metadata: objectMetaSchema() },
    }
    whole.set(schema, made)
  }
  return made
}

/**
 * Interprets structural schemas: validation, defaulting and pruning, as k8s.io/apiextensions-apiserver does for CRDs.
 * Pure: values in, errors or new values out. It never resolves references: schemas are graphs of plain objects.
 */
import { isDeepStrictEqual } from 'node:util'
import { at, child, type FieldError, invalid, notSupported, required, tooLong, tooMany, wrongType } from './field-error.ts'
import { formatProblem } from './formats.ts'
import { goRegExp } from './go-regexp.ts'
import type { JsonSchema } from './json-schema.ts'

type Dict = Record<string, unknown>
const isObject = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v)

/** The name that Kubernetes' messages give to the JSON type of a value. */
const typeName = (v: unknown): string => {
  if (v === null || v === undefined) return 'null'
  if (Array.isArray(v)) return 'array'
  if (typeof v === 'number') return Number.isInteger(v) ? 'integer' : 'number'
  return typeof v
}

const hasType = (schema: JsonSchema, value: unknown): boolean => {
  if (schema['x-kubernetes-int-or-string'])
    return typeof value === 'string' || (schema.format === 'quantity' ? typeof value === 'number' : Number.isInteger(value))
  switch (schema.type) {
    case undefined:
      return true
    case 'object':
      return isObject(value)
    case 'array':
      return Array.isArray(value)
    case 'integer':
      return Number.isInteger(value)
    case 'number':
      return typeof value === 'number'
    default:
      return typeof value === schema.type
  }
}

/**
 * Validates a value against a schema.
 * @param path where the value is, for messages; empty for the root
 * @returns every problem found, in document order; empty when valid
 */
export function validateSchema(schema: JsonSchema, value: unknown, path = ''): FieldError[] {
  if (value === null || value === undefined) {
    if (value === undefined || schema.nullable || schema.type === undefined) return []
    return [wrongType(path, 'null', `${path} in body must be of type ${schema.type}: "null"`)]
  }
  const errors: FieldError[] = []
  if (!hasType(schema, value)) {
    const wanted = schema['x-kubernetes-int-or-string'] ? 'integer,string' : schema.type
    const actual = typeName(value)
    errors.push(wrongType(path, actual, `${path} in body must be of type ${wanted}: ${JSON.stringify(actual)}`))
  }
  if (schema.enum && !schema.enum.some(allowed => isDeepStrictEqual(allowed, value)))
    errors.push(
      notSupported(
        path,
        value,
        schema.enum.map(allowed => (typeof allowed === 'string' ? allowed : JSON.stringify(allowed))),
      ),
    )
  if (typeof value === 'string') errors.push(...stringErrors(schema, value, path))
  else if (typeof value === 'number') errors.push(...numberErrors(schema, value, path))
  else if (Array.isArray(value)) errors.push(...arrayErrors(schema, value, path))
  else if (isObject(value)) errors.push(...objectErrors(schema, value, path))
  errors.push(...combinedErrors(schema, value, path))
  return errors
}

/** Only the first problem of a text is told. */
function textErrors(schema: JsonSchema, value: string, path: string): FieldError[] {
  if (schema.maxLength !== undefined && [...value].length > schema.maxLength) return [tooLong(path, schema.maxLength)]
  if (schema.minLength !== undefined && [...value].length < schema.minLength)
    return [invalid(path, value, `${path} in body should be at least ${schema.minLength} chars long`)]
  if (schema.pattern && !goRegExp(schema.pattern).test(value))
    return [invalid(path, value, `${path} in body should match '${schema.pattern}'`)]
  return []
}

function stringErrors(schema: JsonSchema, value: string, path: string): FieldError[] {
  const errors = textErrors(schema, value, path)
  const problem = schema.format && formatProblem(schema.format, value)
  if (problem) errors.push(wrongType(path, value, `${path} in body ${problem}`))
  return errors
}

function numberErrors(schema: JsonSchema, value: number, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { minimum, maximum } = schema
  if (minimum !== undefined && (schema.exclusiveMinimum ? value <= minimum : value < minimum))
    errors.push(
      invalid(path, value, `${path} in body should be greater than ${schema.exclusiveMinimum ? '' : 'or equal to '}${minimum}`),
    )
  if (maximum !== undefined && (schema.exclusiveMaximum ? value >= maximum : value > maximum))
    errors.push(
      invalid(path, value, `${path} in body should be less than ${schema.exclusiveMaximum ? '' : 'or equal to '}${maximum}`),
    )
  if (schema.multipleOf !== undefined && value % schema.multipleOf !== 0)
    errors.push(invalid(path, value, `${path} in body should be a multiple of ${schema.multipleOf}`))
  return errors
}

function arrayErrors(schema: JsonSchema, value: unknown[], path: string): FieldError[] {
  const errors: FieldError[] = []
  if (schema.maxItems !== undefined && value.length > schema.maxItems) errors.push(tooMany(path, value.length, schema.maxItems))
  if (schema.minItems !== undefined && value.length < schema.minItems)
    errors.push(invalid(path, value.length, `${path} in body should have at least ${schema.minItems} items`))
  if (schema.items) for (const [i, item] of value.entries()) errors.push(...validateSchema(schema.items, item, at(path, i)))
  errors.push(...duplicateErrors(schema, value, path))
  return errors
}

/** The identity of a list's item under `x-kubernetes-list-type`, or undefined where the list is atomic. */
export function listItemKey(schema: JsonSchema, item: unknown): string | undefined {
  if (schema['x-kubernetes-list-type'] === 'set') return JSON.stringify(item)
  if (schema['x-kubernetes-list-type'] !== 'map') return undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  return JSON.stringify(keys.map(k => (isObject(item) ? (item[k] ?? schema.items?.properties?.[k]?.default ?? null) : null)))
}

function duplicateErrors(schema: JsonSchema, value: unknown[], path: string): FieldError[] {
  if (!schema['x-kubernetes-list-type'] || schema['x-kubernetes-list-type'] === 'atomic') return []
  const seen = new Set<string>()
  const errors: FieldError[] = []
  for (const [i, item] of value.entries()) {
    const key = listItemKey(schema, item)!
    if (seen.has(key)) {
      const shown = schema['x-kubernetes-list-type'] === 'set' ? item : keyFields(schema, item)
      errors.push({ type: 'FieldValueDuplicate', field: at(path, i), message: `Duplicate value: ${JSON.stringify(shown)}` })
    }
    seen.add(key)
  }
  return errors
}

const keyFields = (schema: JsonSchema, item: unknown): unknown =>
  isObject(item) ? Object.fromEntries((schema['x-kubernetes-list-map-keys'] ?? []).map(k => [k, item[k]])) : item

function objectErrors(schema: JsonSchema, value: Dict, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const name of schema.required ?? []) if (value[name] === undefined) errors.push(required(child(path, name)))
  const { additionalProperties: rest } = schema
  const count = Object.keys(value).length
  if (schema.maxProperties !== undefined && count > schema.maxProperties) errors.push(tooMany(path, count, schema.maxProperties))
  if (schema.minProperties !== undefined && count < schema.minProperties)
    errors.push(invalid(path, count, `${path} in body should have at least ${schema.minProperties} properties`))
  for (const [name, field] of Object.entries(value)) {
    const known = schema.properties?.[name]
    if (known) errors.push(...validateSchema(known, field, child(path, name)))
    else if (isObject(rest)) errors.push(...validateSchema(rest as JsonSchema, field, child(path, name)))
  }
  return errors
}

/** The alternative that comes nearest. */
const fewest = (results: FieldError[][]): FieldError[] => results.reduce((best, r) => (r.length < best.length ? r : best))

/** Of `anyOf` and its kin: their messages bear no field, as in Kubernetes. */
const unplaced = (message: string): FieldError => ({
  type: 'FieldValueInvalid',
  field: '<nil>',
  message: `Invalid value: "": ${message}`,
})

function combinedErrors(schema: JsonSchema, value: unknown, path: string): FieldError[] {
  const errors: FieldError[] = []
  const name = JSON.stringify(path)
  const tried = (schemas: JsonSchema[]) => schemas.map(s => validateSchema(s, value, path))
  if (schema.anyOf?.length) {
    const results = tried(schema.anyOf)
    if (results.every(r => r.length))
      errors.push(unplaced(`${name} must validate at least one schema (anyOf)`), ...fewest(results))
  }
  if (schema.oneOf?.length) {
    const results = tried(schema.oneOf)
    const valid = results.filter(r => !r.length).length
    const found = valid ? `Found ${valid} valid alternatives` : 'Found none valid'
    if (valid !== 1)
      errors.push(unplaced(`${name} must validate one and only one schema (oneOf). ${found}`), ...(valid ? [] : fewest(results)))
  }
  if (schema.allOf?.length) {
    const results = tried(schema.allOf)
    const failed = results.filter(r => r.length).length
    if (failed)
      errors.push(
        ...results.flat(),
        unplaced(`${name} must validate all the schemas (allOf)${failed === results.length ? '. None validated' : ''}`),
      )
  }
  if (schema.not && validateSchema(schema.not, value, path).length === 0)
    errors.push(unplaced(`${name} must not validate the schema (not)`))
  return errors
}

/** A field of any type may be null by its own right. */
const keepsNull = (field: JsonSchema) => field.type === undefined && !field['x-kubernetes-int-or-string']

/** Fills defaults in place, also into objects that a default has just made; null counts as absent where the schema does not allow it. */
export function applyDefaults(schema: JsonSchema, value: unknown): void {
  if (Array.isArray(value)) {
    if (schema.items) for (const item of value) applyDefaults(schema.items, item)
    return
  }
  if (!isObject(value)) return
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const absent = value[name] === undefined || (value[name] === null && !field.nullable)
    if (absent && field.default !== undefined) value[name] = structuredClone(field.default)
    else if (value[name] === null && !field.nullable && !keepsNull(field)) delete value[name]
    if (value[name] !== undefined) applyDefaults(field, value[name])
  }
  const rest = schema.additionalProperties
  if (isObject(rest))
    for (const name of Object.keys(value)) if (!schema.properties?.[name]) applyDefaults(rest as JsonSchema, value[name])
}

const embedded: JsonSchema = {
  type: 'object',
  properties: {
    apiVersion: { type: 'string' },
    kind: { type: 'string' },
    metadata: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  },
}

/**
 * Removes fields that the schema does not know, in place.
 * @returns the paths of what was removed, sorted, for strict field validation: `spec.imgae`
 */
export const prune = (schema: JsonSchema, value: unknown): string[] => removeUnknown(schema, value, '').sort()

function removeUnknown(schema: JsonSchema, value: unknown, path: string): string[] {
  if (Array.isArray(value)) return schema.items ? value.flatMap((item, i) => removeUnknown(schema.items!, item, at(path, i))) : []
  if (!isObject(value)) return []
  const removed: string[] = []
  const rest = schema.additionalProperties
  const keepsUnknown = schema['x-kubernetes-preserve-unknown-fields'] === true || rest === true || schema.type === undefined
  for (const name of Object.keys(value)) {
    const known =
      schema.properties?.[name] ?? (schema['x-kubernetes-embedded-resource'] ? embedded.properties?.[name] : undefined)
    if (known) removed.push(...removeUnknown(known, value[name], child(path, name)))
    else if (isObject(rest)) removed.push(...removeUnknown(rest as JsonSchema, value[name], child(path, name)))
    else if (!keepsUnknown) {
      delete value[name]
      removed.push(child(path, name))
    }
  }
  return removed
}

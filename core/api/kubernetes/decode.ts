/**
 * Reads an object of one of Kubernetes' own types as its Go server does: wrong types are refused in the words of Go's JSON decoder, unknown
 * fields are dropped and reported, empty fields vanish or appear as the Go struct says, quantities and times take their canonical form.
 * The result is what a kube-apiserver would answer, field by field.
 */
import type { JsonSchema } from '../json-schema.ts'
import { canonicalQuantity, quantityProblem } from '../quantity.ts'
import { goShape } from './definitions.ts'

export interface Decoded {
  /** Why the object cannot be read, worded as Go does: `json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`. */
  problem?: string
  /** Paths of the fields that were dropped, in document order: `spec.template.spec.containers[0].imgae`. */
  unknown: string[]
}

type Dict = Record<string, unknown>
const isObject = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v)

/** Thrown and caught within this file: the first problem ends the reading, as in Go. */
class Unreadable extends Error {}

interface Place {
  /** With indices, for unknown fields. */
  path: string
  /** Without indices, as Go names a field. */
  goPath: string
  /** The struct that holds the field, such as `PodSpec`. */
  struct: string
}

/**
 * Changes the object in place.
 * @param schema of `definition()`
 * @param fill whether fields that Go always writes are added; false for a patch, which is no whole object
 */
export function decode(schema: JsonSchema, object: Dict, { fill = true } = {}): Decoded {
  const unknown: string[] = []
  try {
    readStruct(schema, object, { path: '', goPath: '', struct: '' }, unknown, fill)
    return { unknown }
  } catch (error) {
    if (error instanceof Unreadable) return { problem: error.message, unknown }
    throw error
  }
}

const goKind = (value: unknown): string => {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'boolean') return 'bool'
  return typeof value
}

function goType(schema: JsonSchema): string {
  if (schema.type === 'array') return `[]${schema.items ? goType(schema.items) : 'interface {}'}`
  if (schema.type === 'object') {
    const shape = goShape(schema)
    if (shape) return shape.qualified
    return `map[string]${isObject(schema.additionalProperties) ? goType(schema.additionalProperties as JsonSchema) : 'interface {}'}`
  }
  if (schema.type === 'integer') return schema.format ?? 'int64'
  if (schema.type === 'number') return 'float64'
  if (schema.type === 'boolean') return 'bool'
  return schema.format === 'byte' ? '[]uint8' : 'string'
}

function mismatch(schema: JsonSchema, value: unknown, { goPath, struct }: Place, shown = goKind(value)): never {
  throw new Unreadable(
    goPath
      ? `json: cannot unmarshal ${shown} into Go struct field ${struct ? `${struct}.` : ''}${goPath} of type ${goType(schema)}`
      : `json: cannot unmarshal ${shown} into Go value of type ${goType(schema)}`,
  )
}

function readStruct(schema: JsonSchema, value: Dict, place: Place, unknown: string[], fill: boolean): void {
  const shape = goShape(schema)
  const struct = shape?.name ?? place.struct
  const properties = schema.properties!
  for (const name of Object.keys(value)) {
    const known = properties[name]
    const path = place.path ? `${place.path}.${name}` : name
    if (!known) {
      unknown.push(path)
      delete value[name]
      continue
    }
    const here = { path, goPath: place.goPath ? `${place.goPath}.${name}` : name, struct }
    const read = value[name] === null ? undefined : readValue(known, value[name], here, unknown, fill)
    if (read === undefined || (shape?.omit.has(name) && isEmpty(read))) delete value[name]
    else value[name] = read
  }
  if (fill && shape)
    for (const [name, zero] of shape.zero)
      if (value[name] === undefined) value[name] = isObject(zero) ? filled(properties[name]!) : zero
}

/** A struct that was not given, with what Go writes for it. */
export function filled(schema: JsonSchema): Dict {
  const value: Dict = {}
  for (const [name, zero] of goShape(schema)?.zero ?? []) value[name] = isObject(zero) ? filled(schema.properties![name]!) : zero
  return value
}

const isEmpty = (value: unknown): boolean => {
  if (Array.isArray(value)) return value.length === 0
  if (typeof value === 'object') for (const _ in value) return false
  return typeof value === 'object' || value === '' || value === 0 || value === false
}

function readValue(schema: JsonSchema, value: unknown, place: Place, unknown: string[], fill: boolean): unknown {
  if (schema['x-kubernetes-int-or-string']) return schema.format === 'quantity' ? readQuantity(value) : readIntOrString(value)
  switch (schema.type) {
    case 'object':
      if (!isObject(value)) return mismatch(schema, value, place)
      if (schema.properties) readStruct(schema, value, place, unknown, fill)
      else if (isObject(schema.additionalProperties))
        readMap(schema.additionalProperties as JsonSchema, value, place, unknown, fill)
      return value
    case 'array':
      if (!Array.isArray(value)) return mismatch(schema, value, place)
      return readList(schema, value, place, unknown, fill)
    case 'string':
      return readString(schema, value, place)
    case 'integer':
      return readInteger(schema, value, place)
    case 'number':
      return typeof value === 'number' ? value : mismatch(schema, value, place)
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(schema, value, place)
    default:
      return value
  }
}

function readMap(schema: JsonSchema, value: Dict, place: Place, unknown: string[], fill: boolean): void {
  for (const key of Object.keys(value)) {
    const path = `${place.path}.${key}`
    value[key] = value[key] === null ? zeroOf(schema) : readValue(schema, value[key], { ...place, path }, unknown, fill)
  }
}

function readList(schema: JsonSchema, value: unknown[], place: Place, unknown: string[], fill: boolean): unknown[] {
  const { items } = schema
  if (!items) return value
  for (let i = 0; i < value.length; i++) {
    const here = { path: `${place.path}[${i}]`, goPath: place.goPath, struct: place.struct }
    value[i] = value[i] === null ? zeroOf(items) : readValue(items, value[i], here, unknown, fill)
  }
  return value
}

const zeroOf = (schema: JsonSchema): unknown => {
  if (schema['x-kubernetes-int-or-string']) return schema.format === 'quantity' ? '0' : 0
  if (schema.type === 'object') return schema.properties ? filled(schema) : {}
  if (schema.type === 'string') return ''
  if (schema.type === 'boolean') return false
  return schema.type === 'integer' || schema.type === 'number' ? 0 : null
}

function readString(schema: JsonSchema, value: unknown, place: Place): unknown {
  if (typeof value !== 'string') return mismatch(schema, value, place)
  if (schema.format === 'date-time') return readTime(value, goShape(schema)?.name === 'MicroTime')
  if (schema.format === 'byte') {
    const bad = value.search(/[^A-Za-z0-9+/=\r\n]/)
    if (bad >= 0 || value.replace(/[\r\n]/g, '').length % 4)
      throw new Unreadable(`illegal base64 data at input byte ${bad >= 0 ? bad : value.length - (value.length % 4)}`)
  }
  return value
}

function readInteger(schema: JsonSchema, value: unknown, place: Place): unknown {
  if (typeof value !== 'number') return mismatch(schema, value, place)
  const limit = schema.format === 'int32' ? 2 ** 31 : 2 ** 63
  if (!Number.isInteger(value) || value >= limit || value < -limit) return mismatch(schema, value, place, `number ${value}`)
  return value
}

function readIntOrString(value: unknown): unknown {
  if (typeof value === 'string') return value
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 2 ** 31) return value
  throw new Unreadable(
    `json: cannot unmarshal ${typeof value === 'number' ? `number ${value}` : goKind(value)} into Go value of type int32`,
  )
}

function readQuantity(value: unknown): unknown {
  const read = typeof value === 'string' || typeof value === 'number' ? canonicalQuantity(String(value).trim()) : undefined
  if (read === undefined) throw new Unreadable(quantityProblem)
  return read
}

const seconds = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/
const micros = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/
const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/

/** `metav1.Time` is written in UTC with seconds, `metav1.MicroTime` with six digits more. */
function readTime(value: string, micro: boolean): string {
  if ((micro ? micros : seconds).test(value) && !Number.isNaN(Date.parse(value))) return value
  const parts = rfc3339.exec(value)
  const ms = parts ? Date.parse(parts[1]! + parts[3]!) : Number.NaN
  if (Number.isNaN(ms)) {
    const layout = micro ? '2006-01-02T15:04:05.000000Z07:00' : '2006-01-02T15:04:05Z07:00'
    throw new Unreadable(
      `parsing time ${JSON.stringify(value)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(value)} as "2006"`,
    )
  }
  const utc = new Date(ms).toISOString().slice(0, 19)
  return micro ? `${utc}.${(parts![2] ?? '').padEnd(6, '0').slice(0, 6)}Z` : `${utc}Z`
}

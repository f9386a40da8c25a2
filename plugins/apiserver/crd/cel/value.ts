/** JSON values as CEL sees them through their schema: integers as int, times as timestamps, and names of fields escaped. */
import type { JsonSchema } from '@slipway/core/api'

type Dict = Record<string, unknown>
const isObject = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v)

const reserved = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const marks: Record<string, string> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' }

/**
 * A field's name in an expression; undefined when it cannot be named.
 * Source: k8s.io/apiserver pkg/cel/escaping.go
 */
export function celName(field: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_./-]*$/.test(field)) return undefined
  return reserved.has(field) ? `__${field}__` : field.replace(/__|[./-]/g, mark => marks[mark]!)
}

/** @param schema undefined for what has none: integers are then taken as int */
export function celValue(schema: JsonSchema | undefined, value: unknown): unknown {
  if (typeof value === 'number') {
    const isInteger = schema?.type === 'integer' || (schema?.type !== 'number' && Number.isInteger(value))
    return isInteger ? BigInt(Math.trunc(value)) : value
  }
  if (typeof value === 'string') return textValue(schema, value)
  if (Array.isArray(value)) return value.map(item => celValue(schema?.items, item))
  return isObject(value) ? objectValue(schema, value) : value
}

function textValue(schema: JsonSchema | undefined, value: string): unknown {
  if (schema?.format === 'date-time' || schema?.format === 'date') return new Date(value)
  return schema?.format === 'byte' ? new Uint8Array(Buffer.from(value, 'base64')) : value
}

function objectValue(schema: JsonSchema | undefined, value: Dict): Dict {
  const result: Dict = {}
  const rest = isObject(schema?.additionalProperties) ? (schema.additionalProperties as JsonSchema) : undefined
  for (const [field, inner] of Object.entries(value)) {
    const known = schema?.properties?.[field]
    if (known) {
      const name = celName(field)
      if (name) result[name] = celValue(known, inner)
    } else result[field] = celValue(rest, inner)
  }
  return result
}

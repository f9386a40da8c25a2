/** What keeps a configuration from being merged. Source: structured-merge-diff typed/validate.go, helpers.go */
import type { JsonSchema } from '@slipway/core/api'
import { goText } from '../decode/go-text.ts'
import { pathText } from './field-set.ts'
import { type Dict, fieldSchema, isDict, itemSchema, itemStep, shapeOf } from './shape.ts'

const numeric = new Set(['integer', 'number'])

/** @returns the first problem, with its path: `.spec.ports: duplicate entries for key [name="http"]` */
export function mergeProblem(schema: JsonSchema, value: unknown, path = ''): string | undefined {
  const wrong = typeProblem(schema, value)
  if (wrong) return `${path}: ${wrong}`
  const shape = shapeOf(schema, value)
  if (shape === 'map')
    for (const [name, field] of Object.entries(value as Dict)) {
      const problem = mergeProblem(fieldSchema(schema, name), field, `${path}.${name}`)
      if (problem) return problem
    }
  if (shape === 'keyed-list' || shape === 'set') return itemsProblem(schema, value as unknown[], path)
  return undefined
}

function itemsProblem(schema: JsonSchema, items: unknown[], path: string): string | undefined {
  const seen = new Set<string>()
  for (const [i, item] of items.entries()) {
    if (schema['x-kubernetes-list-type'] === 'map') {
      if (!isDict(item)) return `${path}: element ${i}: associative list with keys may not have non-map elements`
      const keys = schema['x-kubernetes-list-map-keys'] ?? []
      const missing = keys.filter(key => item[key] === undefined && schema.items?.properties?.[key]?.default === undefined)
      if (missing.length === keys.length)
        return `${path}: element ${i}: associative list with keys has an element that omits all key fields [${keys.map(key => JSON.stringify(key)).join(' ')}] (and doesn't have default values for any key fields)`
    }
    const step = itemStep(schema, item)
    const shown = pathText([step])
    if (seen.has(step)) return `${path}: duplicate entries for key ${shown}`
    seen.add(step)
    const problem = mergeProblem(itemSchema(schema), item, `${path}${shown}`)
    if (problem) return problem
  }
  return undefined
}

function typeProblem(schema: JsonSchema, value: unknown): string | undefined {
  if (value === null || value === undefined || schema['x-kubernetes-int-or-string']) return undefined
  const got = Array.isArray(value) ? 'list' : isDict(value) ? 'map' : typeof value
  if (schema.type === 'object' && got !== 'map') return `expected map, got &{${goText(value)}}`
  if (schema.type === 'array' && got !== 'list') return `expected list, got &{${goText(value)}}`
  if (schema.type === 'string' && got !== 'string') return `expected string, got &value.valueUnstructured{Value:${goText(value)}}`
  if (schema.type && numeric.has(schema.type) && got !== 'number')
    return `expected numeric (int or float), got ${got === 'string' ? 'string' : got}`
  if (schema.type === 'boolean' && got !== 'boolean')
    return `expected boolean, got &value.valueUnstructured{Value:${JSON.stringify(value)}}`
  return undefined
}

/** Takes fields out of an object. Source: structured-merge-diff typed/remove.go */
import type { JsonSchema } from '@slipway/core/api'
import { type FieldSet, isEmpty } from './field-set.ts'
import { type Dict, fieldSchema, itemSchema, itemStep, shapeOf } from './shape.ts'

/** @returns a new value without the fields and items of the set; what holds nothing any more stays, empty */
export function remove(schema: JsonSchema, value: unknown, set: FieldSet): unknown {
  if (isEmpty(set)) return value
  const shape = shapeOf(schema, value)
  if (shape === 'map') return removeFields(schema, value as Dict, set)
  if (shape === 'keyed-list' || shape === 'set') return removeItems(schema, value as unknown[], set)
  return value
}

function removeFields(schema: JsonSchema, value: Dict, set: FieldSet): Dict {
  const kept: Dict = {}
  for (const [name, field] of Object.entries(value)) {
    const step = `f:${name}`
    if (set.members.has(step)) continue
    const below = set.children.get(step)
    kept[name] = below ? remove(fieldSchema(schema, name), field, below) : field
  }
  return kept
}

function removeItems(schema: JsonSchema, value: unknown[], set: FieldSet): unknown[] {
  const kept: unknown[] = []
  for (const item of value) {
    const step = itemStep(schema, item)
    if (set.members.has(step)) continue
    const below = set.children.get(step)
    kept.push(below ? remove(itemSchema(schema), item, below) : item)
  }
  return kept
}

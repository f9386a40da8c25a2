/** Which fields an object states. Source: structured-merge-diff typed/tofieldset.go */
import type { JsonSchema } from '@slipway/core/api'
import { childOf, emptySet, type FieldSet, isEmpty } from './field-set.ts'
import { type Dict, fieldSchema, isNamedField, itemSchema, itemStep, shapeOf } from './shape.ts'

export function toFieldSet(schema: JsonSchema, value: unknown): FieldSet {
  const set = emptySet()
  if (shapeOf(schema, value) === 'map') addFields(schema, value as Dict, set)
  return set
}

function addFields(schema: JsonSchema, value: Dict, into: FieldSet): void {
  for (const [name, field] of Object.entries(value)) {
    if (field === undefined) continue
    const step = `f:${name}`
    if (field === null) into.members.add(step)
    else add(fieldSchema(schema, name), field, into, step)
    const empty = typeof field === 'object' && field !== null && !Array.isArray(field) && Object.keys(field).length === 0
    if (empty || !isNamedField(schema, name)) into.members.add(step)
  }
}

function add(schema: JsonSchema, value: unknown, into: FieldSet, step: string): void {
  const shape = shapeOf(schema, value)
  if (shape === 'scalar' || shape === 'atomic') return void into.members.add(step)
  const below = childOf(into, step)
  if (shape === 'map') addFields(schema, value as Dict, below)
  else
    for (const item of value as unknown[]) {
      const key = itemStep(schema, item)
      if (shape === 'keyed-list') add(itemSchema(schema), item, below, key)
      below.members.add(key)
    }
  if (isEmpty(below)) into.children.delete(step)
}

/** Makes parents that are fields of structs members too. Source: fieldpath/set.go EnsureNamedFieldsAreMembers */
export function withNamedParents(schema: JsonSchema, set: FieldSet): FieldSet {
  const members = new Set(set.members)
  const children = new Map<string, FieldSet>()
  for (const [step, below] of set.children) {
    const name = step.startsWith('f:') ? step.slice(2) : undefined
    if (name !== undefined && isNamedField(schema, name)) members.add(step)
    children.set(step, withNamedParents(name === undefined ? itemSchema(schema) : fieldSchema(schema, name), below))
  }
  return { members, children }
}

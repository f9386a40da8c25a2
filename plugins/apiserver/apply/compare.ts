/** Which fields differ between two objects. Source: structured-merge-diff typed/compare.go */
import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from '@slipway/core/api'
import { childOf, emptySet, type FieldSet } from './field-set.ts'
import { type Dict, fieldSchema, isDict, itemSchema, itemStep, type Shape, shapeOf } from './shape.ts'

export interface Comparison {
  added: FieldSet
  modified: FieldSet
  removed: FieldSet
}

export function compare(schema: JsonSchema, before: unknown, after: unknown): Comparison {
  const result: Comparison = { added: emptySet(), modified: emptySet(), removed: emptySet() }
  compareFields(schema, dictOf(before), dictOf(after), result)
  return result
}

const dictOf = (value: unknown): Dict => (isDict(value) ? value : {})
const isBlank = (value: unknown): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) ? value.length === 0 : isDict(value) && Object.keys(value).length === 0)

/** The same three sets one step further down; empty ones are dropped again by `prune`. */
const below = ({ added, modified, removed }: Comparison, step: string): Comparison => ({
  added: childOf(added, step),
  modified: childOf(modified, step),
  removed: childOf(removed, step),
})
function prune({ added, modified, removed }: Comparison, step: string): void {
  for (const set of [added, modified, removed]) {
    const child = set.children.get(step)!
    if (child.members.size === 0 && child.children.size === 0) set.children.delete(step)
  }
}

function compareFields(schema: JsonSchema, before: Dict, after: Dict, into: Comparison): void {
  const one = (name: string) => {
    const [old, next] = [before[name], after[name]]
    if (old === next) return
    const inner = fieldSchema(schema, name)
    compareStep(inner, old, next, into, `f:${name}`)
  }
  for (const name of Object.keys(after)) one(name)
  for (const name of Object.keys(before)) if (after[name] === undefined) one(name)
}

function compareStep(schema: JsonSchema, before: unknown, after: unknown, into: Comparison, step: string): void {
  const shapes = new Set<Shape>()
  if (before !== undefined && before !== null) shapes.add(shapeOf(schema, before))
  if (after !== undefined && after !== null) shapes.add(shapeOf(schema, after))
  const leaf = shapes.has('scalar') || shapes.has('atomic') || shapes.size > 1 || (isBlank(before) && isBlank(after))
  if (leaf) {
    if (before === undefined) into.added.members.add(step)
    else if (after === undefined) into.removed.members.add(step)
    else if (!isDeepStrictEqual(before, after)) into.modified.members.add(step)
    return
  }
  const inner = below(into, step)
  if (shapes.has('map')) compareFields(schema, dictOf(before), dictOf(after), inner)
  else compareItems(schema, (before ?? []) as unknown[], (after ?? []) as unknown[], inner)
  prune(into, step)
  if (before === undefined) into.added.members.add(step)
  else if (after === undefined) into.removed.members.add(step)
}

function compareItems(schema: JsonSchema, before: unknown[], after: unknown[], into: Comparison): void {
  const inner = itemSchema(schema)
  const group = (items: unknown[]) => Map.groupBy(items, item => itemStep(schema, item))
  const [old, next] = [group(before), group(after)]
  const set = schema['x-kubernetes-list-type'] === 'set'
  for (const step of new Set([...next.keys(), ...old.keys()])) {
    const [was, is] = [old.get(step), next.get(step)]
    if ((was?.length ?? 0) > 1 || (is?.length ?? 0) > 1) {
      // Keys that occur twice cannot be told apart: the items are compared together.
      if (!was) into.added.members.add(step)
      else if (!is) into.removed.members.add(step)
      else if (!isDeepStrictEqual(was, is)) into.modified.members.add(step)
    } else if (set) {
      if (!was) into.added.members.add(step)
      else if (!is) into.removed.members.add(step)
    } else compareStep(inner, was?.[0], is?.[0], into, step)
  }
}

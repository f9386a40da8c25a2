/**
 * Strategic merge patch, for Kubernetes' own types: lists are merged by key where the schema says so, and directives can delete, replace and order.
 * Source: k8s.io/apimachinery pkg/util/strategicpatch/patch.go
 */
import { badRequest, type JsonSchema, StatusError } from '@slipway/core/api'
import { type Dict, fieldSchema, isDict, itemSchema } from '../apply/shape.ts'
import { goText } from '../decode/go-text.ts'

const directive = '$patch'
const retainKeys = '$retainKeys'
const deleteFrom = '$deleteFromPrimitiveList/'
const orderOf = '$setElementOrder/'

/** kube-apiserver does not count these as the client's fault. */
const failed = (message: string) => new StatusError(500, 'Unknown', message)
const strategiesOf = (schema: JsonSchema) => (schema['x-kubernetes-patch-strategy'] ?? '').split(',')

/**
 * @param schema of the target, metadata included
 * @returns a new value
 * @throws StatusError 400 for a directive or an item that cannot be understood
 */
export function strategicMergePatch(schema: JsonSchema, target: unknown, patch: unknown): Dict {
  if (!isDict(patch)) throw badRequest('the patch must be an object')
  return mergeMaps(schema, isDict(target) ? target : {}, patch)
}

function mergeMaps(schema: JsonSchema, target: Dict, patch: Dict): Dict {
  const wanted = patch[directive]
  if (wanted === 'replace') return withoutDirectives(patch) as Dict
  if (wanted === 'delete') return {}
  if (wanted !== undefined && wanted !== 'merge') throw failed(`unknown patch type: ${String(wanted)} in map: ${goText(patch)}`)
  const result: Dict = { ...target }
  const retained = patch[retainKeys]
  if (Array.isArray(retained)) for (const name of Object.keys(result)) if (!retained.includes(name)) delete result[name]
  for (const [key, value] of Object.entries(patch)) {
    if (key === directive || key === retainKeys || key.startsWith(orderOf)) continue
    if (key.startsWith(deleteFrom)) {
      const name = key.slice(deleteFrom.length)
      if (Array.isArray(result[name]) && Array.isArray(value)) result[name] = result[name].filter(item => !value.includes(item))
    } else if (value === null) delete result[key]
    else result[key] = mergeField(fieldSchema(schema, key), result[key], value, patch[orderOf + key])
  }
  for (const [key, order] of Object.entries(patch)) {
    const name = key.slice(orderOf.length)
    if (key.startsWith(orderOf) && !(name in patch) && Array.isArray(result[name]) && Array.isArray(order))
      result[name] = ordered(fieldSchema(schema, name), result[name], result[name], order)
  }
  return result
}

function mergeField(schema: JsonSchema, target: unknown, patch: unknown, order: unknown): unknown {
  if (isDict(patch)) {
    if (strategiesOf(schema).includes('replace')) return withoutDirectives(patch)
    return mergeMaps(schema, isDict(target) ? target : {}, patch)
  }
  if (!Array.isArray(patch)) return patch
  if (!strategiesOf(schema).includes('merge')) return withoutDirectives(patch)
  const before = Array.isArray(target) ? target : []
  const merged = patch.some(isDict) ? mergeKeyedLists(schema, before, patch) : [...new Set([...before, ...patch])]
  // Without a stated order, what the patch names stands in front of what it does not.
  return ordered(schema, merged, before, Array.isArray(order) ? order : patch)
}

function mergeKeyedLists(schema: JsonSchema, target: unknown[], patch: unknown[]): unknown[] {
  const key = schema['x-kubernetes-patch-merge-key'] ?? 'name'
  if (patch.some(item => isDict(item) && item[directive] === 'replace' && item[key] === undefined))
    return patch.filter(item => !(isDict(item) && item[directive] === 'replace')).map(withoutDirectives)
  const result = [...target]
  for (const item of patch) {
    if (!isDict(item)) continue
    if (item[key] === undefined) throw failed(`map: ${goText(item)} does not contain declared merge key: ${key}`)
    const at = result.findIndex(other => isDict(other) && other[key] === item[key])
    if (item[directive] === 'delete') {
      if (at >= 0) result.splice(at, 1)
    } else if (at >= 0) result[at] = mergeMaps(itemSchema(schema), result[at] as Dict, item)
    else result.push(mergeMaps(itemSchema(schema), {}, item))
  }
  return result
}

/** Puts items in the stated order; those that it does not name keep their place relative to what stood around them. */
function ordered(schema: JsonSchema, items: unknown[], before: unknown[], order: unknown[]): unknown[] {
  const key = schema['x-kubernetes-patch-merge-key'] ?? 'name'
  const idOf = (item: unknown) => JSON.stringify(isDict(item) ? item[key] : item)
  const rank = new Map(order.map((item, i) => [idOf(item), i]))
  const was = new Map(before.map((item, i) => [idOf(item), i]))
  const named = items.filter(item => rank.has(idOf(item))).sort((a, b) => rank.get(idOf(a))! - rank.get(idOf(b))!)
  const others = items.filter(item => !rank.has(idOf(item)))
  const result: unknown[] = []
  while (named.length || others.length) {
    const [n, o] = [named[0], others[0]]
    const otherFirst =
      n === undefined || (o !== undefined && was.has(idOf(n)) && (was.get(idOf(o)) ?? Infinity) < was.get(idOf(n))!)
    result.push(otherFirst && others.length ? others.shift() : named.shift())
  }
  return result
}

function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives)
  if (!isDict(value)) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(
        ([key, field]) =>
          field !== null && key !== directive && key !== retainKeys && !key.startsWith(orderOf) && !key.startsWith(deleteFrom),
      )
      .map(([key, field]) => [key, withoutDirectives(field)]),
  )
}

/**
 * Finds fields that a rule reads and its schema does not have. CEL is run untyped here; this is the one fault of types that people make.
 * The message is that of Kubernetes' type checker.
 */
import type { JsonSchema } from '@slipway/core/api'
import { celName } from './value.ts'

const chain = /\b(?:self|oldSelf)((?:\.[A-Za-z_]\w*)+)(\(?)/g

/** What a field of a value of this schema is: a schema, nothing, or something that is not for a schema to say. */
function fieldOf(schema: JsonSchema, name: string): JsonSchema | 'unknown' | 'missing' {
  if (schema.type !== 'object' || schema['x-kubernetes-preserve-unknown-fields'] || schema['x-kubernetes-embedded-resource'])
    return 'unknown'
  if (schema.additionalProperties) return 'unknown'
  const found = Object.entries(schema.properties ?? {}).find(([field]) => celName(field) === name)
  return found ? found[1] : 'missing'
}

/** Of the object itself, whatever its schema says. */
const always = new Set(['apiVersion', 'kind', 'metadata'])

/** @returns the message, or undefined when every field is known */
export function undefinedField(rule: string, schema: JsonSchema): string | undefined {
  for (const { 0: whole, 1: path, 2: call, index } of rule.matchAll(chain)) {
    let at: JsonSchema = schema
    let column = index + whole.indexOf('.')
    const names = path!.slice(1).split('.')
    for (const [i, name] of names.entries()) {
      if (call && i === names.length - 1) break
      if (i === 0 && always.has(name)) break
      const next = fieldOf(at, name)
      if (next === 'unknown') break
      if (next === 'missing')
        return `ERROR: <input>:1:${column + 1}: undefined field '${name}'\n | ${rule}\n | ${'.'.repeat(column)}^`
      at = next
      column += name.length + 1
    }
  }
  return undefined
}

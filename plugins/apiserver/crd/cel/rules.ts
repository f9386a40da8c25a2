/**
 * `x-kubernetes-validations`: the rules of a schema run over an object, and over what it was before.
 * Source: k8s.io/apiextensions-apiserver pkg/apiserver/schema/cel/validation.go
 */
import { at, child, type FieldError, type JsonSchema, listItemKey } from '@slipway/core/api'
import { type CelProgram, celMessage, compileCel, optionalCel } from './environment.ts'
import { undefinedField } from './undefined-field.ts'
import { celValue } from './value.ts'

type Rule = NonNullable<JsonSchema['x-kubernetes-validations']>[number] & { optionalOldSelf?: boolean }
type Dict = Record<string, unknown>
const isObject = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v)

const known = new WeakMap<JsonSchema, boolean>()

/** Whether a schema, or any within it, has rules. */
export function hasRules(schema: JsonSchema): boolean {
  let found = known.get(schema)
  if (found === undefined) {
    // Before the search, lest a cycle be searched for ever.
    known.set(schema, false)
    known.set(schema, (found = findRules(schema)))
  }
  return found
}

function findRules(schema: JsonSchema): boolean {
  if (schema['x-kubernetes-validations']?.length) return true
  if (schema.items && hasRules(schema.items)) return true
  if (isObject(schema.additionalProperties) && hasRules(schema.additionalProperties as JsonSchema)) return true
  for (const name in schema.properties) if (hasRules(schema.properties[name]!)) return true
  return false
}

interface Compiled {
  rule: Rule
  usesOldSelf: boolean
  program?: CelProgram
  message?: CelProgram
  problem?: string
}
const compiled = new WeakMap<Rule, Compiled>()

function compile(rule: Rule): Compiled {
  const found = compiled.get(rule)
  if (found) return found
  const result: Compiled = { rule, usesOldSelf: /\boldSelf\b/.test(rule.rule) }
  try {
    result.program = compileCel(rule.rule, 'bool', rule.optionalOldSelf)
    if (rule.messageExpression) result.message = compileCel(rule.messageExpression, 'string', rule.optionalOldSelf)
  } catch (error) {
    result.problem = celMessage(error)
  }
  compiled.set(rule, result)
  return result
}

/** Why a rule does not compile over values of this schema, for the validation of CRDs. */
export const ruleProblem = (rule: Rule, schema: JsonSchema): string | undefined =>
  compile(rule).problem ?? undefinedField(rule.rule, schema)

const types: Record<string, FieldError['type']> = {
  FieldValueForbidden: 'FieldValueForbidden',
  FieldValueRequired: 'FieldValueRequired',
  FieldValueDuplicate: 'FieldValueDuplicate',
}

function failure(schema: JsonSchema, { reason }: Rule, field: string, detail: string): FieldError {
  const shown = JSON.stringify(schema.type ?? '')
  switch (types[reason ?? '']) {
    case 'FieldValueForbidden':
      return { type: 'FieldValueForbidden', field, message: `Forbidden: ${detail}` }
    case 'FieldValueRequired':
      return { type: 'FieldValueRequired', field, message: `Required value: ${detail}` }
    case 'FieldValueDuplicate':
      return { type: 'FieldValueDuplicate', field, message: `Duplicate value: ${shown}` }
    default:
      return { type: 'FieldValueInvalid', field, message: `Invalid value: ${shown}: ${detail}` }
  }
}

function run(schema: JsonSchema, compiled: Compiled, self: unknown, oldSelf: unknown, path: string): FieldError | undefined {
  const { rule, usesOldSelf, program, message, problem } = compiled
  if (!program) return failure(schema, {} as Rule, path, `rule compile error: ${problem}`)
  if (usesOldSelf && oldSelf === undefined && !rule.optionalOldSelf) return undefined
  const context = usesOldSelf ? { self, oldSelf: rule.optionalOldSelf ? optionalCel(oldSelf) : oldSelf } : { self }
  const text = rule.message?.trim() || rule.rule.trim()
  try {
    if (program(context) === true) return undefined
  } catch (error) {
    return failure(schema, {} as Rule, path, `${celMessage(error)} evaluating rule: ${text}`)
  }
  return failure(schema, rule, rule.fieldPath ? `${path}${rule.fieldPath}` : path, said(message, context, rule))
}

function said(message: CelProgram | undefined, context: Dict, rule: Rule): string {
  const otherwise = rule.message?.trim() || `failed rule: ${rule.rule.trim()}`
  if (!message) return otherwise
  try {
    const text = String(message(context)).trim()
    return text && !text.includes('\n') ? text : otherwise
  } catch {
    return otherwise
  }
}

/**
 * @param old what the object was, on update; undefined where nothing corresponds to the value
 * @param path empty for the object itself
 */
export function ruleErrors(schema: JsonSchema, value: unknown, old: unknown, path = ''): FieldError[] {
  if (value === null || value === undefined) return []
  const errors: FieldError[] = []
  const rules = schema['x-kubernetes-validations'] as Rule[] | undefined
  if (rules?.length) {
    const self = celValue(schema, value)
    const oldSelf = old === null || old === undefined ? undefined : celValue(schema, old)
    for (const rule of rules) {
      const error = run(schema, compile(rule), self, oldSelf, path)
      if (error) errors.push(error)
    }
  }
  if (Array.isArray(value)) return [...errors, ...itemErrors(schema, value, old, path)]
  if (!isObject(value)) return errors
  const before = isObject(old) ? old : {}
  const rest = isObject(schema.additionalProperties) ? (schema.additionalProperties as JsonSchema) : undefined
  for (const [name, inner] of Object.entries(value)) {
    const known = schema.properties?.[name] ?? rest
    if (known) errors.push(...ruleErrors(known, inner, before[name], child(path, name)))
  }
  return errors
}

/** Items of a list correspond to old ones only by key. */
function itemErrors(schema: JsonSchema, value: unknown[], old: unknown, path: string): FieldError[] {
  const { items } = schema
  if (!items || !hasRules(items)) return []
  const before = new Map<string, unknown>()
  if (schema['x-kubernetes-list-type'] === 'map' && Array.isArray(old))
    for (const item of old) before.set(listItemKey(schema, item)!, item)
  return value.flatMap((item, i) => {
    const key = listItemKey(schema, item)
    return ruleErrors(items, item, key === undefined ? undefined : before.get(key), at(path, i))
  })
}

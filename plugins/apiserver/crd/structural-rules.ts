/**
 * What makes a CRD's schema structural, and its extensions right.
 * Source: k8s.io/apiextensions-apiserver pkg/apiserver/schema/validation.go, pkg/apis/apiextensions/validation/validation.go
 */
import {
  applyDefaults,
  child,
  type FieldError,
  forbidden,
  goRegExp,
  invalid,
  type JsonSchema,
  notSupported,
  prune,
  required,
  validateSchema,
} from '@slipway/core/api'
import { ruleProblem } from './cel/rules.ts'

type Raw = JsonSchema & Record<string, unknown>
type Level = 'root' | 'field' | 'items' | 'value'

const types = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const unsupported = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const
const levelNames = { field: 'specified object fields', items: 'specified array items', value: 'specified object fields' }
const isSchema = (v: unknown): v is Raw => typeof v === 'object' && v !== null && !Array.isArray(v)

/**
 * Faults of keywords; only where there are none, what keeps the schema from being structural.
 * @param path of the schema, such as `spec.validation.openAPIV3Schema`
 */
export function structuralErrors(schema: JsonSchema, path: string): FieldError[] {
  const faults = walk(schema as Raw, path, 'root', keywordErrors, [])
  return faults.length ? faults : walk(schema as Raw, path, 'root', levelErrors, [])
}

type Check = (s: Raw, path: string, at: Level) => FieldError[]

const keywordErrors: Check = (s, path, at) => [...shapeErrors(s, path, at), ...listErrors(s, path), ...celErrors(s, path)]
const levelErrors: Check = (s, path, at) => [
  ...typeErrors(s, path, at),
  ...(s.type === 'array' && !s.items ? [required(child(path, 'items'), 'must be specified')] : []),
  ...defaultErrors(s, path),
  ...junctorErrors(s, path),
]

const plain = new Set(['type', 'description', 'format', 'properties', 'required', 'items', 'additionalProperties'])

/** Has nothing that any check could refuse: so are nearly all of the thousands of schemas in a CRD that embeds a pod. */
function isPlain(s: Raw): boolean {
  for (const keyword in s) if (!plain.has(keyword)) return false
  if (s.type === 'array') return isSchema(s.items)
  if (s.type === 'object') return s.additionalProperties === undefined || (isSchema(s.additionalProperties) && !s.properties)
  return s.type !== undefined && types.includes(s.type)
}

/** Schemas without fault, by check. Kinds that are declared in code share the schema of a pod, which is checked once. */
const faultless = new Map<Check, WeakSet<Raw>>()

/** Collects the errors of a schema and of all that it is made of. */
function walk(s: Raw, path: string, at: Level, check: Check, errors: FieldError[]): FieldError[] {
  let clean = faultless.get(check)
  if (!clean) faultless.set(check, (clean = new WeakSet()))
  if (at !== 'root' && clean.has(s)) return errors
  const before = errors.length
  if (at === 'root' || !isPlain(s)) errors.push(...check(s, path, at))
  for (const name in s.properties) walk(s.properties[name] as Raw, `${path}.properties[${name}]`, 'field', check, errors)
  if (isSchema(s.additionalProperties)) walk(s.additionalProperties, `${path}.additionalProperties`, 'value', check, errors)
  if (isSchema(s.items)) walk(s.items as Raw, `${path}.items`, 'items', check, errors)
  if (errors.length === before && (s.properties || s.items)) clean.add(s)
  return errors
}

const isFree = (s: Raw) => s['x-kubernetes-preserve-unknown-fields'] === true || s['x-kubernetes-int-or-string'] === true

function typeErrors(s: Raw, path: string, at: Level): FieldError[] {
  if (!s.type) {
    if (at === 'root') return [required(child(path, 'type'), 'must not be empty at the root')]
    return isFree(s) ? [] : [required(child(path, 'type'), `must not be empty for ${levelNames[at]}`)]
  }
  if (at === 'root' && s.type !== 'object') return [invalid(child(path, 'type'), s.type, 'must be object at the root')]
  if (s['x-kubernetes-int-or-string'])
    return [forbidden(child(path, 'type'), 'must be empty if x-kubernetes-int-or-string is true')]
  return []
}

function shapeErrors(s: Raw, path: string, at: Level): FieldError[] {
  const errors: FieldError[] = []
  for (const keyword of unsupported)
    if (s[keyword] !== undefined) errors.push(forbidden(child(path, keyword), `${keyword} is not supported`))
  if (s.type && !types.includes(s.type)) errors.push(notSupported(child(path, 'type'), s.type, types))
  if (Array.isArray(s.items)) errors.push(forbidden(`${path}.items`, 'items must be a schema object and not an array'))
  if (s.uniqueItems)
    errors.push(
      forbidden(child(path, 'uniqueItems'), 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'),
    )
  if (s.properties && s.additionalProperties !== undefined && s.additionalProperties !== false)
    errors.push(forbidden(child(path, 'additionalProperties'), 'additionalProperties and properties are mutual exclusive'))
  if (s.additionalProperties === false)
    errors.push(forbidden(child(path, 'additionalProperties'), 'additionalProperties cannot be set to false'))
  if (at === 'root' && s.additionalProperties)
    errors.push(forbidden(child(path, 'additionalProperties'), 'must not be used at the root'))
  if (at === 'root' && s.nullable) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'))
  if (s['x-kubernetes-preserve-unknown-fields'] === false)
    errors.push(invalid(child(path, 'x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'))
  if (s['x-kubernetes-embedded-resource'] && s.type !== 'object')
    errors.push(required(child(path, 'type'), 'must be object if x-kubernetes-embedded-resource is true'))
  if (at === 'root' && s.properties?.metadata)
    errors.push(...metadataErrors(s.properties.metadata as Raw, `${path}.properties[metadata]`))
  const badPattern = s.pattern === undefined ? undefined : patternProblem(s.pattern)
  if (badPattern)
    errors.push(invalid(child(path, 'pattern'), s.pattern, `must be a valid regular expression, but isn't: ${badPattern}`))
  return errors
}

/** What Go's parser says where JavaScript's says otherwise. */
const goSyntax: [RegExp, (source: string) => string][] = [
  [/Unterminated group/, source => `missing closing ): \`${source}\``],
  [/Unmatched '\)'/, source => `unexpected ): \`${source}\``],
  [/Unterminated character class/, source => `missing closing ]: \`${source.slice(source.lastIndexOf('['))}\``],
  [/Nothing to repeat/, source => `missing argument to repetition operator: \`${/[*+?]/.exec(source)?.[0] ?? source}\``],
]

function patternProblem(source: string): string | undefined {
  try {
    goRegExp(source)
    return undefined
  } catch (error) {
    const { message } = error as Error
    return `error parsing regexp: ${goSyntax.find(([said]) => said.test(message))?.[1](source) ?? message}`
  }
}

function metadataErrors(s: Raw, path: string): FieldError[] {
  if (s.type !== undefined && s.type !== 'object') return [invalid(child(path, 'type'), s.type, 'must be object')]
  const others = Object.keys(s.properties ?? {}).filter(name => name !== 'name' && name !== 'generateName')
  return others.length
    ? [forbidden(path, 'must not specify anything other than name and generateName, but metadata is implicitly specified')]
    : []
}

function listErrors(s: Raw, path: string): FieldError[] {
  const kind = s['x-kubernetes-list-type']
  const keys = s['x-kubernetes-list-map-keys']
  const items = isSchema(s.items) ? (s.items as Raw) : undefined
  const errors: FieldError[] = []
  const mapType = s['x-kubernetes-map-type']
  if (mapType && s.type !== 'object')
    errors.push(required(child(path, 'type'), 'must be object if x-kubernetes-map-type is specified'))
  if (mapType && mapType !== 'atomic' && mapType !== 'granular')
    errors.push(notSupported(child(path, 'x-kubernetes-map-type'), mapType, ['atomic', 'granular']))
  if (!kind) {
    if (keys?.length)
      errors.push(required(child(path, 'x-kubernetes-list-type'), 'must be map if x-kubernetes-list-map-keys is non-empty'))
    return errors
  }
  if (!['atomic', 'set', 'map'].includes(kind))
    return [...errors, notSupported(child(path, 'x-kubernetes-list-type'), kind, ['atomic', 'set', 'map'])]
  if (s.type !== 'array') errors.push(required(child(path, 'type'), 'must be array if x-kubernetes-list-type is specified'))
  if (kind !== 'map') {
    if (keys?.length)
      errors.push(invalid(child(path, 'x-kubernetes-list-type'), kind, 'must be map if x-kubernetes-list-map-keys is non-empty'))
    return errors
  }
  if (!keys?.length)
    errors.push(required(child(path, 'x-kubernetes-list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'))
  if (!items) return [...errors, required(child(path, 'items'), 'must have a schema if x-kubernetes-list-type is map')]
  if (items.type !== 'object')
    errors.push(invalid(`${path}.items.type`, items.type ?? '', "must be object if parent array's x-kubernetes-list-type is map"))
  return [...errors, ...keyErrors(items, keys ?? [], path)]
}

function keyErrors(items: Raw, keys: string[], path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const [i, key] of keys.entries()) {
    const property = items.properties?.[key]
    if (!property) {
      errors.push(invalid(child(path, 'x-kubernetes-list-map-keys'), keys, 'entries must all be names of item properties'))
      continue
    }
    if (keys.indexOf(key) !== i)
      errors.push(invalid(child(path, 'x-kubernetes-list-map-keys'), keys, 'must not contain duplicate entries'))
    if (property.type === 'object' || property.type === 'array')
      errors.push(
        invalid(
          `${path}.items.properties[${key}].type`,
          property.type,
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      )
    if (property.default === undefined && !items.required?.includes(key))
      errors.push(
        required(
          `${path}.items.properties[${key}].default`,
          'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
        ),
      )
  }
  return errors
}

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

/** As the message shows it: by the names that Go gives the fields. */
const goRule = ({
  rule,
  message,
  messageExpression,
  reason,
  fieldPath,
}: NonNullable<Raw['x-kubernetes-validations']>[number]) => ({
  Rule: rule,
  Message: message ?? '',
  MessageExpression: messageExpression ?? '',
  Reason: reason ?? null,
  FieldPath: fieldPath ?? '',
  OptionalOldSelf: null,
})

function celErrors(s: Raw, path: string): FieldError[] {
  return (s['x-kubernetes-validations'] ?? []).flatMap((rule, i) => {
    const at = `${path}.x-kubernetes-validations[${i}]`
    if (!rule.rule?.trim()) return [required(`${at}.rule`, 'rule is not specified')]
    const errors: FieldError[] = []
    if (rule.message !== undefined && !rule.message.trim())
      errors.push(invalid(`${at}.message`, rule.message, 'must be non-empty if specified'))
    if (rule.message?.trim().includes('\n')) errors.push(invalid(`${at}.message`, rule.message, 'must not contain line breaks'))
    if (!rule.message && rule.rule.trim().includes('\n'))
      errors.push(required(`${at}.message`, 'message must be specified if rule contains line breaks'))
    if (rule.reason && !reasons.includes(rule.reason)) errors.push(notSupported(`${at}.reason`, rule.reason, reasons))
    const problem = ruleProblem(rule, s)
    if (problem) errors.push(invalid(`${at}.rule`, goRule(rule), `compilation failed: ${problem}`))
    return errors
  })
}

function defaultErrors(s: Raw, path: string): FieldError[] {
  if (s.default === undefined) return []
  const value = structuredClone(s.default)
  const { default: _, ...schema } = s
  const unknown = prune(schema, value)
  if (unknown.length) return [invalid(child(path, 'default'), s.default, 'must not have unknown fields')]
  applyDefaults(schema, value)
  return validateSchema(schema, value).map(e => ({
    ...e,
    field: e.field && e.field !== '<nil>' ? `${path}.default.${e.field}` : `${path}.default`,
  }))
}

const valueKeywords: [keyof JsonSchema, string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  ['x-kubernetes-preserve-unknown-fields', 'must be false to be structural'],
  ['x-kubernetes-embedded-resource', 'must be false to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
]

/** Within allOf, anyOf, oneOf and not only values are restricted; fields named there must be known outside. */
function junctorErrors(s: Raw, path: string): FieldError[] {
  const parts: [Raw, string][] = []
  for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const)
    for (const [i, part] of (s[keyword] ?? []).entries()) parts.push([part as Raw, `${path}.${keyword}[${i}]`])
  if (s.not) parts.push([s.not as Raw, `${path}.not`])
  return parts.flatMap(([part, at]) => restrictionErrors(part, at, s, path))
}

function restrictionErrors(v: Raw, vPath: string, s: Raw | undefined, sPath: string): FieldError[] {
  const errors = valueKeywords.flatMap(([keyword, detail]) => {
    if (v[keyword] === undefined || v[keyword] === false) return []
    // int-or-string is written with anyOf types; that alone is allowed.
    if (keyword === 'type' && s?.['x-kubernetes-int-or-string']) return []
    return [forbidden(child(vPath, keyword), detail)]
  })
  for (const [name, property] of Object.entries(v.properties ?? {})) {
    const known = s?.properties?.[name] as Raw | undefined
    const at = `${vPath}.properties[${name}]`
    if (!known && !isSchema(s?.additionalProperties))
      errors.push(required(`${sPath}.properties[${name}]`, `because it is defined in ${at}`))
    else
      errors.push(
        ...restrictionErrors(property as Raw, at, known ?? (s?.additionalProperties as Raw), `${sPath}.properties[${name}]`),
      )
  }
  if (isSchema(v.items)) {
    if (!s?.items) errors.push(required(`${sPath}.items`, `because it is defined in ${vPath}.items`))
    else errors.push(...restrictionErrors(v.items as Raw, `${vPath}.items`, s.items as Raw, `${sPath}.items`))
  }
  return errors
}

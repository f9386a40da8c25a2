/**
 * Kubernetes' own types as structural schemas, from the OpenAPI document of a kube-apiserver 1.34 (`generate.ts`).
 * Loaded on first use, one definition at a time: what nobody asks for costs nothing but its text.
 */
import { readFileSync } from 'node:fs'
import type { JsonSchema } from '../json-schema.ts'

/** A definition as OpenAPI has it, but with short references (`$ref: 'io.k8s.api.core.v1.PodSpec'`) and no descriptions. */
export interface RawDefinition extends Omit<JsonSchema, 'properties' | 'items' | 'additionalProperties'> {
  $ref?: string
  properties?: Record<string, RawDefinition>
  items?: RawDefinition
  additionalProperties?: RawDefinition | boolean
  /** Fields that Go does not write when they are empty. */
  'x-go-omit'?: string[]
  /** What Go writes for fields that are not set. */
  'x-go-zero'?: Record<string, unknown>
}

/** What the Go type behind a definition does beyond its schema: see `decode.ts`. */
export interface GoShape {
  /** The definition's name, such as `io.k8s.api.core.v1.PodSpec`. */
  definition: string
  /** Such as `PodSpec`. */
  name: string
  /** Such as `v1.PodSpec`. */
  qualified: string
  omit: ReadonlySet<string>
  zero: readonly (readonly [string, unknown])[]
}

export interface GroupVersionKind {
  group: string
  version: string
  kind: string
}

let loaded: Map<string, string> | undefined
let names: Map<string, string> | undefined
const resolved = new Map<string, JsonSchema>()
const shapes = new WeakMap<JsonSchema, GoShape>()

function sources(): Map<string, string> {
  if (loaded) return loaded
  loaded = new Map()
  for (const line of readFileSync(new URL('./definitions.json', import.meta.url), 'latin1').split('\n')) {
    const end = line.indexOf('":')
    if (end > 0) loaded.set(line.slice(1, end), line.slice(end + 2).replace(/,$/, ''))
  }
  return loaded
}

/** Types whose JSON is not what their OpenAPI definition says, or says too little of. */
const special: Record<string, JsonSchema> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { 'x-kubernetes-int-or-string': true },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { 'x-kubernetes-int-or-string': true, format: 'quantity' },
  'io.k8s.apimachinery.pkg.runtime.RawExtension': { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
}

/** Defaults of fields that are part of a list's key, which server-side apply and strategic merge need to tell items apart. */
const keyDefaults: Record<string, Record<string, unknown>> = {
  'io.k8s.api.core.v1.ContainerPort': { protocol: 'TCP' },
  'io.k8s.api.core.v1.ServicePort': { protocol: 'TCP' },
  'io.k8s.api.core.v1.LocalObjectReference': { name: '' },
}

/** A fresh copy, with references unresolved. @throws Error for an unknown name */
export function rawDefinition(name: string): RawDefinition {
  const source = sources().get(name)
  if (!source) throw new Error(`no definition of ${name}: add its group version to generate.ts and run it again`)
  return JSON.parse(source)
}

/** Every definition's name, such as `io.k8s.api.core.v1.Pod`. */
export const definitionNames = (): string[] => [...sources().keys()]

/** The schema of a type, references resolved into one shared graph, which has cycles where the type has (JSONSchemaProps). @throws Error for an unknown name */
export function definition(name: string): JsonSchema {
  const found = resolved.get(name) ?? special[name]
  if (found) return found
  const raw = rawDefinition(name)
  const schema: JsonSchema = {}
  resolved.set(name, schema)
  const parts = name.split('.')
  shapes.set(schema, {
    definition: name,
    name: parts.at(-1)!,
    qualified: parts.slice(-2).join('.'),
    omit: new Set(raw['x-go-omit']),
    zero: Object.entries(raw['x-go-zero'] ?? {}),
  })
  Object.assign(schema, resolve(raw))
  for (const [field, value] of Object.entries(keyDefaults[name] ?? {}))
    schema.properties![field] = { ...schema.properties![field], default: value }
  return schema
}

function resolve(raw: RawDefinition): JsonSchema {
  const { $ref, properties, items, additionalProperties, 'x-go-omit': _omit, 'x-go-zero': _zero, ...rest } = raw
  if ($ref) {
    // Strategy and list keywords stand beside the reference.
    const target = definition($ref)
    if (!Object.keys(rest).length) return target
    const schema = { ...target, ...rest } as JsonSchema
    const shape = shapes.get(target)
    if (shape) shapes.set(schema, shape)
    return schema
  }
  const schema: JsonSchema = rest
  if (properties) schema.properties = Object.fromEntries(Object.entries(properties).map(([k, v]) => [k, resolve(v)]))
  if (items) schema.items = resolve(items)
  if (typeof additionalProperties === 'object') schema.additionalProperties = resolve(additionalProperties)
  else if (additionalProperties !== undefined) schema.additionalProperties = additionalProperties
  else if (schema.type === 'object' && !properties) schema['x-kubernetes-preserve-unknown-fields'] = true
  return schema
}

/** What Go does with the type that a schema of `definition` stands for. */
export const goShape = (schema: JsonSchema): GoShape | undefined => shapes.get(schema)

/** A changed copy of a schema of `definition` that still stands for the same Go type: its descriptions and shape go along. @returns the copy */
export function variantOf(schema: JsonSchema, copy: JsonSchema): JsonSchema {
  const shape = shapes.get(schema)
  if (shape) shapes.set(copy, shape)
  return copy
}

const key = (group: string, version: string, kind: string) => `${group}/${version}/${kind}`

/** The name of the definition of a kind, such as `io.k8s.api.apps.v1.Deployment`. */
export function definitionName(group: string, version: string, kind: string): string | undefined {
  if (!names) {
    names = new Map()
    // A few, such as DeleteOptions, are of every group at once; the first to claim a kind has it.
    for (const [name, source] of sources())
      for (const gvk of kindsIn(source)) {
        const k = key(gvk.group, gvk.version, gvk.kind)
        if (!names.has(k)) names.set(k, name)
      }
  }
  return names.get(key(group, version, kind))
}

function kindsIn(source: string): GroupVersionKind[] {
  const found = /"x-kubernetes-group-version-kind":(\[[^\]]*\])/.exec(source)
  return found ? JSON.parse(found[1]!) : []
}

/** The kind that a definition is of, if it is one: `io.k8s.api.apps.v1.Deployment` is apps/v1 Deployment. */
export const gvk = (name: string): GroupVersionKind | undefined => kindsIn(sources().get(name) ?? '')[0]

/** The schema of `metadata`, the same for all objects. */
export const objectMetaSchema = (): JsonSchema => definition('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')

/** One definition's texts; only its line of the file is parsed. */
export function readDescriptionsOf(name: string): Record<string, string> {
  const text = readFileSync(new URL('./descriptions.json', import.meta.url), 'utf8')
  const start = text.indexOf(`\n${JSON.stringify(name)}:`)
  if (start < 0) return {}
  const line = text.slice(text.indexOf(':', start) + 1, text.indexOf('\n', start + 1))
  return JSON.parse(line.replace(/,$/, ''))
}

/** Texts of a definition (under `''`) and of its fields. Read anew at each call, so that half a megabyte is not kept for a rare `kubectl explain`. */
export function readDescriptions(): Record<string, Record<string, string>> {
  return JSON.parse(readFileSync(new URL('./descriptions.json', import.meta.url), 'utf8'))
}

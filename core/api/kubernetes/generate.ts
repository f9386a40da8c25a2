/**
 * Writes `definitions.json` and `descriptions.json` from what a kube-apiserver serves.
 *
 *   node core/api/kubernetes/generate.ts OPENAPI_V2_JSON [GO_MODULE_FOLDER…]
 *
 * The first is the output of `kubectl get --raw /openapi/v2`; the others the unpacked Go modules k8s.io/api, k8s.io/apimachinery,
 * k8s.io/apiextensions-apiserver and k8s.io/kube-aggregator of the same release, for what OpenAPI does not say (see go-fields.ts).
 */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { allFields, type GoField, goPackages } from './go-fields.ts'

interface Definition {
  $ref?: string
  description?: string
  type?: string
  properties?: Record<string, Definition>
  items?: Definition
  additionalProperties?: Definition
  'x-kubernetes-group-version-kind'?: { group: string; version: string; kind: string }[]
  [keyword: string]: unknown
}

/** Versions that `plugins/apiserver` serves; what they reach is kept, all else is left out. */
const servedGroupVersions = [
  '/v1',
  'admissionregistration.k8s.io/v1',
  'apiextensions.k8s.io/v1',
  'apiregistration.k8s.io/v1',
  'apps/v1',
  'authentication.k8s.io/v1',
  'authorization.k8s.io/v1',
  'autoscaling/v1',
  'autoscaling/v2',
  'batch/v1',
  'certificates.k8s.io/v1',
  'coordination.k8s.io/v1',
  'discovery.k8s.io/v1',
  'events.k8s.io/v1',
  'networking.k8s.io/v1',
  'node.k8s.io/v1',
  'policy/v1',
  'rbac.authorization.k8s.io/v1',
  'scheduling.k8s.io/v1',
  'storage.k8s.io/v1',
]

const refName = (ref: string) => ref.slice(ref.lastIndexOf('/') + 1)
const children = (d: Definition): Definition[] => [
  ...Object.values(d.properties ?? {}),
  ...(d.items ? [d.items] : []),
  ...(typeof d.additionalProperties === 'object' ? [d.additionalProperties] : []),
]

/** Names of all definitions that a served kind reaches. Lists are left out: their schema is always the same round of metadata and items. */
export function reachable(definitions: Record<string, Definition>): string[] {
  const seen = new Set<string>()
  const visit = (name: string) => {
    if (seen.has(name)) return
    seen.add(name)
    walk(definitions[name]!)
  }
  const walk = (d: Definition) => {
    if (d.$ref) visit(refName(d.$ref))
    for (const inner of children(d)) walk(inner)
  }
  for (const [name, d] of Object.entries(definitions)) {
    const kinds = d['x-kubernetes-group-version-kind'] ?? []
    const isList = d.properties?.items !== undefined && d.properties.metadata?.$ref?.endsWith('.ListMeta')
    if (!isList && kinds.some(k => servedGroupVersions.includes(`${k.group}/${k.version}`))) visit(name)
  }
  return [...seen].sort()
}

/** What Go writes for a field that was never set; undefined where it writes nothing. */
function zeroValue({ type: goType, omitEmpty, omitZero }: GoField, property: Definition, target?: Definition): unknown {
  if (goType.startsWith('*') || omitZero) return undefined
  if (target?.properties) return {} // omitempty does nothing for a struct
  if (target?.format === 'date-time') return null
  if (omitEmpty || target) return undefined
  if (/^(\[\]|map\[)/.test(goType)) return null
  return { string: '', integer: 0, boolean: false }[property.type ?? '']
}

/** The schema without texts and with short references; `x-go-omit` and `x-go-zero` come from the Go source. */
function compact(d: Definition, fields: GoField[], definitions: Record<string, Definition>): Definition {
  const { description: _, $ref, ...rest } = d
  const inner = (of: Definition) => compact(of, [], definitions)
  const kinds = d['x-kubernetes-group-version-kind']?.filter(k => servedGroupVersions.includes(`${k.group}/${k.version}`))
  const omit: string[] = []
  const zero: Record<string, unknown> = {}
  for (const field of fields) {
    const property = d.properties?.[field.name]
    if (!property || (field.name === 'metadata' && kinds)) continue
    const target = property.$ref ? definitions[refName(property.$ref)] : undefined
    const value = zeroValue(field, property, target)
    if (value !== undefined) zero[field.name] = value
    else if (field.omitEmpty && !field.type.startsWith('*')) omit.push(field.name)
  }
  return {
    ...($ref && { $ref: refName($ref) }),
    ...rest,
    ...(d.properties && { properties: Object.fromEntries(Object.entries(d.properties).map(([k, v]) => [k, inner(v)])) }),
    ...(d.items && { items: inner(d.items) }),
    ...(typeof d.additionalProperties === 'object' && { additionalProperties: inner(d.additionalProperties) }),
    ...(kinds && { 'x-kubernetes-group-version-kind': kinds }),
    ...(omit.length && { 'x-go-omit': omit }),
    ...(Object.keys(zero).length && { 'x-go-zero': zero }),
  }
}

/** A definition's own text and its fields' texts: `{ '': '…', spec: '…' }`. */
const texts = (d: Definition): Record<string, string> => ({
  ...(d.description && { '': d.description }),
  ...Object.fromEntries(Object.entries(d.properties ?? {}).flatMap(([k, v]) => (v.description ? [[k, v.description]] : []))),
})

/** One definition a line: the files stay readable in a diff, and need no formatter. */
const lines = (entries: [string, unknown][]) =>
  `{\n${entries.map(([k, v]) => `${JSON.stringify(k)}:${JSON.stringify(v)}`).join(',\n')}\n}\n`

export async function generate(openapi: string, modules: string[], into: string): Promise<void> {
  const { definitions } = JSON.parse(await readFile(openapi, 'utf8')) as { definitions: Record<string, Definition> }
  const packages = new Map((await Promise.all(modules.map(goPackages))).flatMap(found => [...found]))
  const fieldsOf = (name: string): GoField[] => {
    const parts = name.split('.')
    const folder = [...packages.keys()].find(path => name.startsWith(`io.k8s.`) && parts.slice(0, -1).join('/').endsWith(path))
    return folder ? allFields(packages.get(folder)!, parts.at(-1)!) : []
  }
  const names = reachable(definitions)
  await writeFile(
    `${into}definitions.json`,
    lines(names.map(name => [name, compact(definitions[name]!, fieldsOf(name), definitions)])),
  )
  await writeFile(`${into}descriptions.json`, lines(names.map(name => [name, texts(definitions[name]!)])))
}

if (import.meta.main) {
  const [openapi, ...modules] = process.argv.slice(2)
  if (!openapi) {
    console.error('usage: generate.ts OPENAPI_V2_JSON [GO_MODULE_FOLDER…]')
    process.exit(2)
  }
  await generate(openapi, modules, fileURLToPath(new URL('./', import.meta.url)))
}

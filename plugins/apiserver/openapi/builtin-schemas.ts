/** Kubernetes' own types as OpenAPI schemas, with their descriptions. */
import { type RawDefinition, rawDefinition } from '@slipway/core/api/kubernetes'

export type OpenApiSchema = Record<string, unknown>
export type Dialect = 'v2' | 'v3'
type Texts = Record<string, Record<string, string>>

const prefixes = { v2: '#/definitions/', v3: '#/components/schemas/' }
export const referenceTo = (dialect: Dialect, name: string) => ({ $ref: prefixes[dialect] + name })

/** What v3 can say of types that are more than one. */
const unions: Record<string, OpenApiSchema> = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': {
    format: 'int-or-string',
    oneOf: [{ type: 'integer' }, { type: 'string' }],
  },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
}

function converted(raw: RawDefinition, dialect: Dialect, description?: string): OpenApiSchema {
  const { $ref, properties: _p, items, additionalProperties, 'x-go-omit': _o, 'x-go-zero': _z, ...rest } = raw
  const text = description ? { description } : {}
  if ($ref) {
    const reference = referenceTo(dialect, $ref)
    if (dialect === 'v2') return { ...text, ...reference, ...rest }
    return Object.keys(rest).length || description ? { ...text, allOf: [reference], ...rest } : reference
  }
  return {
    ...text,
    ...rest,
    ...(items && { items: converted(items, dialect) }),
    ...(typeof additionalProperties === 'object' && { additionalProperties: converted(additionalProperties, dialect) }),
  }
}

function schemaOf(name: string, texts: Texts, dialect: Dialect): OpenApiSchema {
  const raw = rawDefinition(name)
  const own = texts[name] ?? {}
  if (dialect === 'v3' && unions[name]) return { ...(own[''] && { description: own[''] }), ...unions[name] }
  const schema = converted(raw, dialect, own[''])
  if (raw.properties)
    schema.properties = Object.fromEntries(
      Object.entries(raw.properties).map(([field, inner]) => [field, converted(inner, dialect, own[field])]),
    )
  return schema
}

const references = (value: unknown, found: (name: string) => void): void => {
  if (typeof value !== 'object' || value === null) return
  for (const [key, inner] of Object.entries(value)) {
    if (key === '$ref' && typeof inner === 'string') found(inner.slice(inner.lastIndexOf('/') + 1))
    else references(inner, found)
  }
}

/** The schemas of these names and of all that they refer to, added to `into`. */
export function addBuiltinSchemas(
  into: Record<string, OpenApiSchema>,
  names: Iterable<string>,
  texts: Texts,
  dialect: Dialect,
): void {
  const pending = [...names]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (into[name]) continue
    into[name] = schemaOf(name, texts, dialect)
    references(into[name], inner => {
      if (!into[inner]) pending.push(inner)
    })
  }
}

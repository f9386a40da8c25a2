/**
 * OpenAPI v2 in protobuf, which client-go asks for whenever it wants v2: kubectl does before it says that a kind is not there.
 * Definitions only: no client of this form reads the paths. Source: github.com/google/gnostic-models openapiv2/OpenAPIv2.proto
 */
import type { OpenApiSchema } from './builtin-schemas.ts'
import { double, type Encoded, flag, message, text, texts, whole } from './protobuf-writer.ts'

/** As clients ask for it. */
export const v2Protobuf = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
/** As the answer is labelled: `@` has no place in a media type. */
export const v2ProtobufLabel = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

interface V2Schema {
  $ref?: string
  format?: string
  description?: string
  maximum?: number
  minimum?: number
  maxLength?: number
  minLength?: number
  pattern?: string
  maxItems?: number
  minItems?: number
  uniqueItems?: boolean
  required?: string[]
  enum?: unknown[]
  default?: unknown
  additionalProperties?: V2Schema | boolean
  type?: string
  items?: V2Schema
  properties?: Record<string, V2Schema>
  [extension: `x-${string}`]: unknown
}

/** `Any`: JSON is YAML. */
const any = (value: unknown): Encoded[] => [text(2, JSON.stringify(value))]
const named = (name: string, value: Encoded[]): Encoded[] => [text(1, name), message(2, value)]

function rest({ additionalProperties: more }: V2Schema): Encoded[] | undefined {
  if (more === undefined) return undefined
  return typeof more === 'object' ? [message(1, schema(more))] : [flag(2, more)]
}

function schema(s: V2Schema): Encoded[] {
  const extensions = Object.entries(s).filter(([keyword]) => keyword.startsWith('x-'))
  return [
    text(1, s.$ref),
    text(2, s.format),
    text(4, s.description),
    message(5, s.default === undefined ? undefined : any(s.default)),
    double(7, s.maximum),
    double(9, s.minimum),
    whole(11, s.maxLength),
    whole(12, s.minLength),
    text(13, s.pattern),
    whole(14, s.maxItems),
    whole(15, s.minItems),
    flag(16, s.uniqueItems),
    texts(19, s.required),
    ...(s.enum ?? []).map(value => message(20, any(value))),
    message(21, rest(s)),
    message(22, s.type ? [text(1, s.type)] : undefined),
    message(23, s.items && [message(1, schema(s.items))]),
    message(25, s.properties && schemas(s.properties)),
    ...extensions.map(([keyword, value]) => message(31, named(keyword, any(value)))),
  ]
}

const schemas = (all: Record<string, V2Schema>): Encoded[] =>
  Object.entries(all).map(([name, value]) => message(1, named(name, schema(value))))

export function encodeV2(document: {
  swagger: string
  info: { title: string; version: string }
  definitions: Record<string, OpenApiSchema>
}): Buffer {
  const { title, version } = document.info
  return Buffer.concat([
    text(1, document.swagger),
    message(2, [text(1, title), text(2, version)]),
    message(8, []),
    message(9, schemas(document.definitions as Record<string, V2Schema>)),
  ])
}

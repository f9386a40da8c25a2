/**
 * `s`: writes a structural schema and its TypeScript type at once. Used for kinds and for plugin configuration.
 * A field is required unless `.optional()` or `.default()` says otherwise.
 *
 * @example
 *   const spec = s.object({ steps: s.array(s.int().min(1).max(100)).default([20, 50, 100]), window: s.duration().default('60s') })
 *   type Spec = Infer<typeof spec> // { steps: number[]; window: string }
 */
import type { JsonSchema } from './json-schema.ts'

export interface Schema<T, Optional extends boolean = false> {
  readonly json: JsonSchema
  /** True when an object may lack this field. */
  readonly isOptional: Optional
  /** Only for types; never set. */
  readonly type?: T
  optional(): Schema<T, true>
  /** An absent field takes this value; it stays optional in `Input` types. */
  default(value: T): Schema<T, false>
  describe(text: string): this
  min(n: number): this
  max(n: number): this
  pattern(re: RegExp): this
  nullable(): Schema<T | null, Optional>
  /** Adds raw keywords, such as `x-kubernetes-list-type`. */
  with(extra: JsonSchema): this
}

export type Infer<S> = S extends Schema<infer T, boolean> ? T : never
type Shape = Record<string, Schema<unknown, boolean>>
type OptionalKeys<F extends Shape> = { [K in keyof F]: F[K] extends Schema<unknown, true> ? K : never }[keyof F]
type Flat<T> = { [K in keyof T]: T[K] }
export type InferShape<F extends Shape> = Flat<
  { [K in Exclude<keyof F, OptionalKeys<F>>]: Infer<F[K]> } & { [K in OptionalKeys<F>]?: Infer<F[K]> }
>

function make<T, O extends boolean>(json: JsonSchema, isOptional: O): Schema<T, O> {
  const again = (extra: JsonSchema) => make<T, O>({ ...json, ...extra }, isOptional)
  const bound = (which: 'min' | 'max') => (n: number) => {
    if (json.type === 'string') return again({ [`${which}Length`]: n })
    if (json.type === 'array') return again({ [`${which}Items`]: n })
    return again({ [`${which}imum`]: n })
  }
  const schema: Schema<T, O> = {
    json,
    isOptional,
    optional: () => make<T, true>(json, true),
    default: value => make<T, false>({ ...json, default: value }, false),
    describe: description => again({ description }),
    min: bound('min'),
    max: bound('max'),
    pattern: re => again({ pattern: re.source }),
    nullable: () => make<T | null, O>({ ...json, nullable: true }, isOptional),
    with: again,
  }
  return schema
}

const schemaOf = <T>(json: JsonSchema) => make<T, false>(json, false)

function object<F extends Shape>(fields: F): Schema<InferShape<F>> {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.json]))
  const required = Object.entries(fields)
    .filter(([, field]) => !field.isOptional && field.json.default === undefined)
    .map(([name]) => name)
  return schemaOf({ type: 'object', properties, ...(required.length && { required }) })
}

export const s = {
  string: () => schemaOf<string>({ type: 'string' }),
  int: () => schemaOf<number>({ type: 'integer' }),
  number: () => schemaOf<number>({ type: 'number' }),
  boolean: () => schemaOf<boolean>({ type: 'boolean' }),
  enum: <const V extends readonly string[]>(...values: V) => schemaOf<V[number]>({ type: 'string', enum: [...values] }),
  /** Go's notation, such as `90s`. */
  duration: () => schemaOf<string>({ type: 'string', format: 'duration' }),
  /** RFC 3339, as in `metav1.Time`. */
  time: () => schemaOf<string>({ type: 'string', format: 'date-time' }),
  port: () => schemaOf<number>({ type: 'integer', minimum: 0, maximum: 65535 }),
  intOrString: () => schemaOf<number | string>({ 'x-kubernetes-int-or-string': true }),
  object,
  array: <T>(item: Schema<T, boolean>) => schemaOf<T[]>({ type: 'array', items: item.json }),
  /** A list merged by key under server-side apply: `x-kubernetes-list-type: map`. */
  keyedList: <T>(item: Schema<T, boolean>, ...keys: string[]) =>
    schemaOf<T[]>({ type: 'array', items: item.json, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': keys }),
  record: <T>(value: Schema<T, boolean>) => schemaOf<Record<string, T>>({ type: 'object', additionalProperties: value.json }),
  /** Any JSON object, kept as it is. */
  unknown: <T = Record<string, unknown>>() => schemaOf<T>({ type: 'object', 'x-kubernetes-preserve-unknown-fields': true }),
  /** A schema that exists already, such as one of Kubernetes' own types. */
  of: <T>(json: JsonSchema) => schemaOf<T>(json),
}

/**
 * A kind, declared once: its TypeScript type, validation, defaults, CRD and reference page all come from this one value.
 *
 * @example
 *   export const Rollout = defineKind({ group: 'slipway.dev', version: 'v1alpha1', kind: 'Rollout', spec: s.object({…}), status: s.object({…}) })
 *   export type Rollout = KindOf<typeof Rollout>
 */
import type { FieldError } from './field-error.ts'
import type { JsonSchema } from './json-schema.ts'
import { apiVersionOf, type KubeObject } from './meta.ts'
import type { Schema } from './schema.ts'

export interface PrinterColumn {
  name: string
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  /** As in a CRD: `.status.conditions[?(@.type=="Ready")].status` */
  jsonPath: string
  description?: string
  /** 0 is shown always, more only with `-o wide`. */
  priority?: number
}

/** Identifies a resource to a client; `Kind` is one, and so are Kubernetes' own (`builtin.ts`). */
export interface ResourceKind<T extends KubeObject = KubeObject> {
  readonly group: string
  readonly version: string
  readonly kind: string
  /** The plural, as in the URL: `builds`. */
  readonly resource: string
  readonly namespaced: boolean
  /** Only for types; never set. */
  readonly type?: T
}

export interface Kind<T extends KubeObject = KubeObject> extends ResourceKind<T> {
  readonly singular: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly columns: readonly PrinterColumn[]
  /** Of the whole object, without apiVersion, kind and metadata. */
  readonly schema: JsonSchema
  readonly hasStatus: boolean
  readonly scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }
  /** Defaults that a schema cannot say; changes the object in place. Runs after the schema's. */
  readonly defaults?: (object: T, old?: T) => void
  /** Checks that a schema cannot make. `old` is given on update. */
  readonly validate?: (object: T, old?: T) => FieldError[]
  /** False for a version that is only served and converted. */
  readonly storage: boolean
  /** For a served version: to and from the version that is stored. Pure. */
  readonly toStorage?: (object: T) => KubeObject
  readonly fromStorage?: (object: KubeObject) => T
}

export interface KindSpec<Spec, Status, T extends KubeObject> {
  group: string
  version: string
  kind: string
  /** Default: the kind in lower case with an s. */
  plural?: string
  namespaced?: boolean
  shortNames?: string[]
  categories?: string[]
  columns?: PrinterColumn[]
  description?: string
  spec: Schema<Spec, boolean>
  status?: Schema<Status, boolean>
  scale?: Kind['scale']
  defaults?: (object: T, old?: T) => void
  validate?: (object: T, old?: T) => FieldError[]
  storage?: boolean
  toStorage?: (object: T) => KubeObject
  fromStorage?: (object: KubeObject) => T
}

export type Typed<Spec, Status> = KubeObject & { spec: Spec; status?: Status }
export type KindOf<K> = K extends ResourceKind<infer T> ? T : never

export function defineKind<Spec, Status = Record<string, never>, T extends KubeObject = Typed<Spec, Status>>(
  declared: KindSpec<Spec, Status, T>,
): Kind<T> {
  const { kind, spec, status, description } = declared
  const singular = kind.toLowerCase()
  return {
    group: declared.group,
    version: declared.version,
    kind,
    resource: declared.plural ?? `${singular}s`,
    singular,
    namespaced: declared.namespaced ?? true,
    shortNames: declared.shortNames ?? [],
    categories: declared.categories ?? [],
    columns: declared.columns ?? [],
    schema: {
      type: 'object',
      ...(description && { description }),
      properties: { spec: spec.json, ...(status && { status: status.json }) },
      ...(!spec.isOptional && spec.json.required?.length && { required: ['spec'] }),
    },
    hasStatus: status !== undefined,
    storage: declared.storage ?? true,
    ...(declared.scale && { scale: declared.scale }),
    ...(declared.defaults && { defaults: declared.defaults }),
    ...(declared.validate && { validate: declared.validate }),
    ...(declared.toStorage && { toStorage: declared.toStorage }),
    ...(declared.fromStorage && { fromStorage: declared.fromStorage }),
  }
}

/** A new object of a kind, with apiVersion and kind filled in. */
export const objectOf = <T extends KubeObject>(kind: ResourceKind<T>, rest: Omit<T, 'apiVersion' | 'kind'>): T =>
  ({ apiVersion: apiVersionOf(kind.group, kind.version), kind: kind.kind, ...rest }) as unknown as T

/** What the server knows of each resource it serves, built-in or custom: routing, validation, discovery, tables and OpenAPI all read this. */
import type { FieldError, JsonSchema, KubeObject } from '@slipway/core/api'

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

/** A column of `kubectl get`. Its cell comes from `cell` where there is one, else from `jsonPath`; Name stands first and is not in the list. */
export interface Column {
  name: string
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  /** `name` for the column of names. */
  format?: string
  description?: string
  /** 0, the default, is shown always, more only with `-o wide`. */
  priority?: number
  /** As in a CRD, such as `.status.conditions[?(@.type=="Ready")].status`. */
  jsonPath?: string
  /** @param now milliseconds since the epoch, for ages */
  cell?: (object: KubeObject, now: number) => unknown
}

/** What became of an object of a built-in type that was read as its Go server reads it (core/api/kubernetes/decode.ts). */
export interface Decoded {
  /** Why it cannot be read; the answer is 400 `Deployment in version "v1" cannot be handled as a Deployment: ${problem}`. */
  problem?: string
  /** Unknown fields that were dropped, for `fieldValidation`. */
  unknown: string[]
}

export interface ServedResource {
  group: string
  version: string
  kind: string
  /** Plural, as in the URL. */
  resource: string
  singular: string
  shortNames: readonly string[]
  categories: readonly string[]
  namespaced: boolean
  verbs: readonly Verb[]
  /**
   * For built-in types only: reads a whole object (metadata too) in place: types, unknown fields, null and empty fields, quantities, times.
   * It stands for pruning and for `validateSchema`, whose answers built-in types never give: their server checks fields in `validate`.
   * Run it on the merged object, also after a patch or an apply; an apply's own fields are taken before (`fill: false` for a configuration alone).
   */
  decode?: (object: KubeObject, options?: { fill?: boolean }) => Decoded
  /** Of the whole object; metadata is not in it: `ObjectMeta` is checked by its own rules. */
  schema: JsonSchema
  /** After Name. */
  columns: readonly Column[]
  /** True where the list of columns holds Name itself, in its own place (events). */
  ownNameColumn?: boolean
  /** `RowCompleted` of pods that have ended, which `kubectl get` may leave out. */
  rowConditions?: (object: KubeObject) => { type: string; status: string; reason: string; message: string }[] | undefined
  hasStatus: boolean
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }
  /** Further subresources that are answered specially, such as `log`, `binding`, `eviction`. */
  subresources?: readonly string[]
  /** What field selectors may name beyond the metadata, such as a CRD's selectableFields: `spec.color`. */
  selectableFields?: readonly string[]
  /** False for CRs: they have no strategic merge patch (415). */
  builtin: boolean
  /** The version in which objects of this resource are stored, and the conversion; pure. */
  storageVersion: string
  /** Where objects are kept, as plural and group, when it is another resource's place: events of events.k8s.io are kept as `events`. */
  storageKey?: string
  toStorage?: (object: KubeObject) => KubeObject
  fromStorage?: (object: KubeObject) => KubeObject
  /** How names are written, for `validateMetadata` of core/api/kubernetes, which is run for objects of every resource. Absent: DNS subdomains. */
  checkName?: (name: string) => string[]
  /** Beyond the schema. Change in place; run after schema defaults, when a new object has its name, namespace and uid. */
  defaults?: (object: KubeObject, old?: KubeObject) => void
  /**
   * For new objects, after the field manager has had its turn: what strategies and admission add, and an empty status in place of whatever was sent.
   * Nobody owns that, so it is in no managedFields.
   */
  prepare?: (object: KubeObject) => void
  /**
   * Fields other than `metadata`.
   * @param subresource that an update came through: `status`, `scale`, `ephemeralcontainers`
   */
  validate?: (object: KubeObject, old?: KubeObject, subresource?: string) => FieldError[]
  /** Of a new object: what is taken, but worth a Warning header. Asked before `prepare`. */
  warnings?: (object: KubeObject) => string[]
  /** Sent as a Warning header with every answer: `v1 Endpoints is deprecated in v1.33+; use …`. */
  deprecationWarning?: string
}

export interface ResourceRegistry {
  /** Moves at every change, so that what was made from the registry can be kept until then. */
  readonly version: number
  all(): ServedResource[]
  find(group: string, version: string, resource: string): ServedResource | undefined
  byKind(group: string, version: string, kind: string): ServedResource | undefined
}

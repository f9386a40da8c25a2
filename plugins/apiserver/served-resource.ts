/** What the server knows of each resource it serves, built-in or custom: routing, validation, discovery, tables and OpenAPI all read this. */
import type { FieldError, JsonSchema, KubeObject, PrinterColumn } from '@slipway/core/api'

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

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
  /** Of the whole object; metadata is not in it: `ObjectMeta` is checked by its own rules. */
  schema: JsonSchema
  columns: readonly PrinterColumn[]
  hasStatus: boolean
  scale?: { specReplicasPath: string; statusReplicasPath: string; labelSelectorPath?: string }
  /** Further subresources that are answered specially, such as `log`, `binding`, `eviction`. */
  subresources?: readonly string[]
  /** False for CRs: they have no strategic merge patch (415). */
  builtin: boolean
  /** The version in which objects of this resource are stored, and the conversion; pure. */
  storageVersion: string
  toStorage?: (object: KubeObject) => KubeObject
  fromStorage?: (object: KubeObject) => KubeObject
  /** Beyond the schema. Change in place; run after schema defaults. */
  defaults?: (object: KubeObject, old?: KubeObject) => void
  validate?: (object: KubeObject, old?: KubeObject) => FieldError[]
}

export interface ResourceRegistry {
  all(): ServedResource[]
  find(group: string, version: string, resource: string): ServedResource | undefined
  byKind(group: string, version: string, kind: string): ServedResource | undefined
}

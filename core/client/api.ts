/**
 * The typed client: the only way that parts of Slipway touch objects. It never knows which API server answers.
 * Every method rejects with a StatusError when the server refuses, and with a StatusError of reason ServiceUnavailable when it cannot be reached.
 */
import type { ResourceKind } from '../api/kind.ts'
import type { KubeList, KubeObject } from '../api/meta.ts'
import type { RawResponse } from './raw-response.ts'

export interface ObjectRef {
  namespace?: string
  name: string
}
export interface ListOptions {
  /** All namespaces when absent. */
  namespace?: string
  /** Label selector: a record of equalities, or Kubernetes' own text. */
  labels?: Record<string, string> | string
  /** Field selector, such as `spec.nodeName=here`. */
  fields?: string
  limit?: number
  continue?: string
  resourceVersion?: string
  /** Only apiVersion, kind and metadata of each object, as PartialObjectMetadata; for what needs no more, such as garbage collection. */
  metadataOnly?: boolean
}
export interface WriteOptions {
  fieldManager?: string
  dryRun?: boolean
}
export interface ApplyOptions extends WriteOptions {
  /** Take fields over from other managers; default true, as controllers do. */
  force?: boolean
  subresource?: 'status' | 'scale'
}
export interface DeleteOptions {
  propagation?: 'Foreground' | 'Background' | 'Orphan'
  gracePeriodSeconds?: number
  /** Only if it is still this object. */
  uid?: string
  resourceVersion?: string
}
export type PatchType = 'json' | 'merge' | 'strategic'
export interface WatchEvent<T> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: T
}

export interface Api {
  get<T extends KubeObject>(kind: ResourceKind<T>, ref: ObjectRef): Promise<T>
  /** Like get, but undefined when there is none. */
  find<T extends KubeObject>(kind: ResourceKind<T>, ref: ObjectRef): Promise<T | undefined>
  list<T extends KubeObject>(kind: ResourceKind<T>, options?: ListOptions): Promise<KubeList<T>>
  create<T extends KubeObject>(kind: ResourceKind<T>, object: T, options?: WriteOptions): Promise<T>
  /** Whole-object update; the object's resourceVersion guards against lost updates. */
  update<T extends KubeObject>(kind: ResourceKind<T>, object: T, options?: WriteOptions): Promise<T>
  updateStatus<T extends KubeObject>(kind: ResourceKind<T>, object: T, options?: WriteOptions): Promise<T>
  patch<T extends KubeObject>(
    kind: ResourceKind<T>,
    ref: ObjectRef,
    type: PatchType,
    patch: unknown,
    options?: WriteOptions & { subresource?: string },
  ): Promise<T>
  /** Server-side apply. */
  apply<T extends KubeObject>(
    kind: ResourceKind<T>,
    object: Partial<T> & Pick<T, 'metadata'>,
    options: ApplyOptions & { fieldManager: string },
  ): Promise<T>
  delete(kind: ResourceKind, ref: ObjectRef, options?: DeleteOptions): Promise<void>
  /** Yields until the server ends the watch or the signal aborts; rejects on errors. `ERROR` events are turned into StatusErrors. */
  watch<T extends KubeObject>(
    kind: ResourceKind<T>,
    options: ListOptions & { signal: AbortSignal; bookmarks?: boolean },
  ): AsyncIterable<WatchEvent<T>>
  /** Any other path, such as `/version` or a pod's log. */
  raw(
    method: string,
    path: string,
    options?: { body?: unknown; signal?: AbortSignal; headers?: Record<string, string> },
  ): Promise<RawResponse>
}

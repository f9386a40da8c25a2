/**
 * Where the objects are. The truth is on disk; all current objects are in memory as well, so reads never wait.
 * Writers are pure functions over a transaction: many of them run one after another and are committed together, and each is
 * answered only once its commit is durable. Readers see committed state only.
 */
import type { KubeObject } from '@slipway/core/api'
import type { Entry } from './entry.ts'

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

export interface Change {
  readonly type: ChangeType
  /** The store's revision of this change: the object's new resourceVersion. */
  readonly version: number
  /** The object after the change; for DELETED its last state, with the resourceVersion of the deletion. */
  readonly entry: Entry
  /** The object before the change; absent for ADDED. */
  readonly previous?: Entry
}

/** Names one object: `{ resource: 'deployments.apps', namespace: 'demo', name: 'web' }`. */
export interface Key {
  /** Plural and group, as in `deployments.apps`; all versions of a resource share it. */
  readonly resource: string
  /** Empty for cluster-scoped objects. */
  readonly namespace: string
  readonly name: string
}

export interface Transaction {
  /** Sees what this and earlier writers of the same commit have done. */
  get(key: Key): Entry | undefined
  /** Sees committed objects and those of the same commit, unsorted. */
  list(resource: string, namespace?: string): Iterable<Entry>
  /** Takes the object over: sets its resourceVersion, and nobody may change it afterwards. */
  put(key: Key, object: KubeObject): Entry
  /** @param last the object's state as watchers shall see it; taken over as by `put` */
  remove(key: Key, last: KubeObject): Entry
}

export interface Store {
  /** Version of the last committed change. */
  readonly revision: number
  /** Changes at or before this version can no longer be replayed. */
  readonly compacted: number
  get(key: Key): Entry | undefined
  /** Sorted by namespace and name, bytewise. */
  list(resource: string, namespace?: string): readonly Entry[]
  /** The number of objects of each resource. */
  counts(): Record<string, number>
  /**
   * Runs a writer and resolves with what it returned when its changes are durable. A writer that throws changes nothing, and its error is passed on.
   * @throws StatusError 507 `InsufficientStorage` when the disk is full, 500 when the disk fails; nothing of that commit is kept then
   */
  write<T>(writer: (transaction: Transaction) => T): Promise<T>
  /** The changes of a resource after a version, oldest first; undefined when they are no longer kept. */
  changesSince(resource: string, version: number): Change[] | undefined
  /** Calls back, in order, with the changes of each commit, before its writers are answered. */
  subscribe(resource: string, listener: (changes: readonly Change[]) => void): () => void
  /** Commits what is pending and closes. */
  close(): Promise<void>
}

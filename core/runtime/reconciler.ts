/**
 * A reconciler compares what is wanted with what is. It is level-triggered: it is told a key, never an event, reads from the informers'
 * caches, and can be killed at any line. One key is never reconciled twice at once; an error puts the key back with back-off.
 */
import type { ResourceKind } from '../api/kind.ts'
import type { KubeObject } from '../api/meta.ts'
import type { Api } from '../client/api.ts'
import type { Log } from '../observe/log.ts'

/** Reads from informers' caches: synchronous, possibly a moment old; objects must not be changed. */
export interface Reader {
  get<T extends KubeObject>(kind: ResourceKind<T>, namespace: string | undefined, name: string): T | undefined
  /** All namespaces when namespace is absent. */
  list<T extends KubeObject>(kind: ResourceKind<T>, namespace?: string, labels?: Record<string, string>): T[]
  /** The objects whose controller reference has this uid. */
  ownedBy<T extends KubeObject>(kind: ResourceKind<T>, owner: KubeObject): T[]
}

/** What to do next: nothing until something changes, or look again after a time. */
export interface Result {
  requeueAfterMs?: number
}

export interface ReconcileContext {
  key: string
  read: Reader
  api: Api
  log: Log
  /** Milliseconds since the epoch. */
  now: number
  /** Records an Event on an object; repeated ones are counted, not repeated. Never rejects. */
  event(about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string): void
}

/** What a kind of watched object means for the reconciler: which keys to look at. */
export interface Watch<W extends KubeObject = KubeObject> {
  kind: ResourceKind<W>
  keys(object: W, read: Reader): string[]
}
export const watch = <W extends KubeObject>(kind: ResourceKind<W>, keys: Watch<W>['keys']): Watch =>
  ({ kind, keys }) as unknown as Watch

export interface Reconciler<T extends KubeObject = KubeObject> {
  /** Also the field manager of what it applies. */
  name: string
  kind: ResourceKind<T>
  /** Children: a change of one looks at its controller again. */
  owns?: ResourceKind[]
  watches?: Watch[]
  /** Further kinds that are read, without being looked at again when they change. */
  reads?: ResourceKind[]
  /** How many keys at once; default 4. */
  concurrency?: number
  /** `object` is undefined once it is gone. */
  reconcile(object: T | undefined, context: ReconcileContext): Promise<Result | undefined>
}

/** Ends the retries of a key until something changes: for faults of the user. The caller states it in a condition first. */
export class TerminalError extends Error {}

/** A child with fields that only its creation sets, because others own them later: a Deployment's replicas, say. */
export interface SeededChild {
  object: KubeObject
  /** Merged into the object when it is created; never applied again. */
  initially: Record<string, unknown>
}

/** What a pure `desired` function returns. */
export interface Desired<T extends KubeObject> {
  /** Children that should be, complete with apiVersion, kind, name and namespace; the controller reference is added. */
  children?: (KubeObject | SeededChild)[]
  /** The whole status that should be; written only when it differs. */
  status?: T extends { status?: infer S } ? S : never
  events?: { type: 'Normal' | 'Warning'; reason: string; message: string }[]
  requeueAfterMs?: number
}

export interface DeclaredReconciler<T extends KubeObject, View> extends Omit<Reconciler<T>, 'reconcile'> {
  /** Gathers what `desired` needs; undefined leaves the object alone. */
  observe(object: T, read: Reader): View | undefined
  /** Pure: no client, no clock, no log. */
  desired(view: View, now: number): Desired<T>
  /** Owned kinds of which those that are no longer desired are deleted. */
  prune?: ResourceKind[]
}

/** What is to happen to an object, given the state of its owners. Pure. Source: attemptToDeleteItem of garbagecollector.go (Kubernetes 1.34) */
import type { KubeObject, OwnerReference } from '@slipway/core/api'
import { foregroundFinalizer, orphanFinalizer } from './graph.ts'

/** `solid` exists; `dangling` surely does not; `waiting` is deleted in the foreground. */
export type OwnerState = 'solid' | 'dangling' | 'waiting'
export type Propagation = 'Foreground' | 'Background' | 'Orphan'
export type Verdict =
  | { action: 'keep' }
  /** Some owners are gone, others are not. */
  | { action: 'dropOwners'; uids: string[] }
  /** @param unblock no longer hold its owners up first: its own dependents wait already, so there is a circle */
  | { action: 'delete'; propagation: Propagation; unblock?: boolean }

export function verdict(
  object: KubeObject,
  owners: { reference: OwnerReference; state: OwnerState }[],
  dependents: { count: number; anyWaits: boolean },
): Verdict {
  if (!owners.length) return { action: 'keep' }
  const gone = owners.filter(o => o.state !== 'solid').map(o => o.reference.uid)
  if (gone.length < owners.length) return gone.length ? { action: 'dropOwners', uids: gone } : { action: 'keep' }
  if (owners.some(o => o.state === 'waiting') && dependents.count)
    return { action: 'delete', propagation: 'Foreground', ...(dependents.anyWaits && { unblock: true }) }
  const finalizers = object.metadata.finalizers ?? []
  if (finalizers.includes(orphanFinalizer)) return { action: 'delete', propagation: 'Orphan' }
  return { action: 'delete', propagation: finalizers.includes(foregroundFinalizer) ? 'Foreground' : 'Background' }
}

/**
 * Which pods belong to a controller: its own that still match, orphans that match (adopted), its own that match no longer (released).
 * Source: PodControllerRefManager of pkg/controller/controller_ref_manager.go
 */
import { controllerOf, controllerRef, isStatus, type KubeObject, k8s, type ResourceKind } from '@slipway/core/api'
import type { ReconcileContext } from '@slipway/core/runtime'
import { type LabelSelector, selects } from '../selector.ts'
import { isTerminal } from './pod-state.ts'

export interface Claims<T extends KubeObject> {
  own: T[]
  adopt: T[]
  release: T[]
}

/** Pure. An owner that is being deleted neither adopts nor releases. */
export function claims<T extends KubeObject>(
  owner: KubeObject,
  selector: LabelSelector | undefined,
  candidates: Iterable<T>,
  adoptable: (object: T) => boolean = () => true,
): Claims<T> {
  const result: Claims<T> = { own: [], adopt: [], release: [] }
  const leaving = owner.metadata.deletionTimestamp !== undefined
  for (const object of candidates) {
    const controller = controllerOf(object)
    if (controller && controller.uid !== owner.metadata.uid) continue
    const matches = selects(selector, object.metadata.labels)
    if (controller) {
      if (matches || leaving) result.own.push(object)
      else if (!object.metadata.deletionTimestamp) result.release.push(object)
    } else if (matches && !leaving && !object.metadata.deletionTimestamp && adoptable(object)) result.adopt.push(object)
  }
  return result
}

/** Pods of the owner, and those without any controller in its namespace. */
export function podCandidates(owner: KubeObject, read: ReconcileContext['read']): k8s.Pod[] {
  const orphans = read.list(k8s.Pod, owner.metadata.namespace).filter(pod => !controllerOf(pod))
  return [...read.ownedBy(k8s.Pod, owner), ...orphans]
}

const patchOwners = (
  context: ReconcileContext,
  kind: ResourceKind,
  object: KubeObject,
  owners: KubeObject['metadata']['ownerReferences'],
) =>
  context.api.patch(kind, object.metadata, 'merge', {
    metadata: { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion, ownerReferences: owners },
  })

/**
 * Adopts and releases. Before adopting, the owner is read afresh: one that was deleted meanwhile must not take anything.
 * @returns the objects that are the owner's now
 */
export async function claim<T extends KubeObject>(
  kind: ResourceKind<T>,
  ownerKind: ResourceKind,
  owner: KubeObject,
  { own, adopt, release }: Claims<T>,
  context: ReconcileContext,
): Promise<T[]> {
  const { api } = context
  for (const object of release)
    await patchOwners(
      context,
      kind,
      object,
      (object.metadata.ownerReferences ?? []).filter(r => r.uid !== owner.metadata.uid),
    ).catch(error => {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Invalid')) throw error
    })
  if (!adopt.length) return own
  const fresh = await api.find(ownerKind, owner.metadata)
  if (!fresh || fresh.metadata.uid !== owner.metadata.uid || fresh.metadata.deletionTimestamp) return own
  const adopted: T[] = []
  for (const object of adopt) {
    try {
      const refs = [...(object.metadata.ownerReferences ?? []), controllerRef(owner)]
      adopted.push((await patchOwners(context, kind, object, refs)) as T)
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error
    }
  }
  return [...own, ...adopted]
}

/** Claims the owner's pods with one look at the cache. */
export const claimPods = (
  ownerKind: ResourceKind,
  owner: KubeObject,
  selector: LabelSelector | undefined,
  context: ReconcileContext,
): Promise<k8s.Pod[]> =>
  claim(
    k8s.Pod,
    ownerKind,
    owner,
    claims(owner, selector, podCandidates(owner, context.read), pod => !isTerminal(pod)),
    context,
  )

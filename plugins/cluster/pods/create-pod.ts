/** Creates and deletes pods for their controllers, with the Events that `kubectl describe` shows. */
import { isStatus, type KubeObject, k8s } from '@slipway/core/api'
import type { ReconcileContext } from '@slipway/core/runtime'
import type { RecentUids } from '../recent-uids.ts'

const text = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** True when the refusal only says that the namespace is on its way out: nothing can be created there any more, and nothing needs to be. */
export const isNamespaceLeaving = (error: unknown): boolean =>
  isStatus(error) &&
  (error.details?.causes?.some(c => c.reason === 'NamespaceTerminating') ||
    (error.reason === 'Forbidden' && error.message.includes('because it is being terminated')))

/**
 * @returns the pod, or undefined where the namespace is being deleted
 * @throws StatusError after recording FailedCreate on the owner; AlreadyExists is thrown without an Event, since the caller knows better
 */
export async function createPod(pod: k8s.Pod, owner: KubeObject, context: ReconcileContext): Promise<k8s.Pod | undefined> {
  try {
    const created = await context.api.create(k8s.Pod, pod)
    context.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
    return created
  } catch (error) {
    if (isNamespaceLeaving(error)) return undefined
    if (!isStatus(error, 'AlreadyExists')) context.event(owner, 'Warning', 'FailedCreate', `Error creating: ${text(error)}`)
    throw error
  }
}

/** Deletes a pod once; `deleting` remembers it until the cache shows it. A pod that is gone already counts as deleted. */
export async function deletePod(pod: k8s.Pod, owner: KubeObject, context: ReconcileContext, deleting: RecentUids): Promise<void> {
  const { name, namespace, uid } = pod.metadata
  deleting.add(pod, context.now)
  try {
    await context.api.delete(k8s.Pod, { name, ...(namespace && { namespace }) }, { ...(uid && { uid }) })
    context.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
  } catch (error) {
    if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) return
    deleting.forget(pod)
    context.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${text(error)}`)
    throw error
  }
}

/** The pods as they will be seen: those that were just deleted carry a deletionTimestamp already. Pure. */
export const withDeletions = (pods: k8s.Pod[], deleting: RecentUids, deletedAt: string): k8s.Pod[] =>
  pods.map(pod => {
    if (!deleting.has(pod)) return pod
    if (pod.metadata.deletionTimestamp) {
      deleting.forget(pod)
      return pod
    }
    return { ...pod, metadata: { ...pod.metadata, deletionTimestamp: deletedAt } }
  })

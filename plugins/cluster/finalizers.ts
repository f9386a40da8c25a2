/** Removes one finalizer without touching another writer's: guarded by resourceVersion, tried again on the fresh object after a conflict. */
import { isStatus, type KubeObject, type ResourceKind } from '@slipway/core/api'
import type { Api, ObjectRef } from '@slipway/core/client'

export const hasFinalizer = ({ metadata }: KubeObject, finalizer: string): boolean =>
  metadata.finalizers?.includes(finalizer) ?? false

const attempts = 5

/** Resolves also when the object is gone or is another one by now. @throws StatusError */
export async function removeFinalizer<T extends KubeObject>(
  api: Api,
  kind: ResourceKind<T>,
  object: KubeObject,
  finalizer: string,
): Promise<void> {
  let current: KubeObject | undefined = object
  for (let attempt = 1; current?.metadata.uid === object.metadata.uid && hasFinalizer(current!, finalizer); attempt++) {
    const ref: ObjectRef = current!.metadata
    const { uid, resourceVersion, finalizers = [] } = current!.metadata
    try {
      await api.patch(kind, ref, 'merge', {
        metadata: { uid, resourceVersion, finalizers: finalizers.filter(f => f !== finalizer) },
      })
      return
    } catch (error) {
      if (isStatus(error, 'NotFound')) return
      if (!isStatus(error, 'Conflict') || attempt >= attempts) throw error
      current = await api.find(kind, ref)
    }
  }
}

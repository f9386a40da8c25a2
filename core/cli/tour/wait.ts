/** Waits for objects to become so, by watching them. */
import type { ResourceKind } from '../../api/kind.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { Api, ObjectRef } from '../../client/index.ts'

/**
 * @param until true when the wait is over; may throw to end it with a reason
 * @throws Error saying what was waited for when it takes too long
 */
export async function waitFor<T extends KubeObject>(
  api: Api,
  kind: ResourceKind<T>,
  ref: ObjectRef,
  what: string,
  until: (object: T) => boolean,
  withinMs = 60_000,
): Promise<T> {
  const signal = AbortSignal.timeout(withinMs)
  const selection = { fields: `metadata.name=${ref.name}`, ...(ref.namespace && { namespace: ref.namespace }) }
  while (!signal.aborted) {
    const { items, metadata } = await api.list(kind, selection)
    const found = items.find(until)
    if (found) return found
    try {
      for await (const { type, object } of api.watch(kind, { ...selection, ...metadata, signal })) {
        if ((type === 'ADDED' || type === 'MODIFIED') && until(object)) return object
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
  throw new Error(
    `${what}: not seen within ${withinMs / 1000} s; look with: kubectl describe ${kind.resource}.${kind.group} ${ref.name} -n ${ref.namespace ?? ''}`,
  )
}

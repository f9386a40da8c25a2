/** Watches single objects by name, and wakes one reader at each change. For onlookers; controllers use informers. */
import type { ResourceKind } from '../api/kind.ts'
import type { KubeObject } from '../api/meta.ts'
import type { Api, ObjectRef } from '../client/api.ts'
import { type Clock, sleep } from '../observe/clock.ts'

export interface Sights {
  /** The object as it was seen last; begins to watch it at the first call. */
  see<T extends KubeObject>(kind: ResourceKind<T>, ref: ObjectRef): T | undefined
  /** Resolves at the next change of anything that is watched, or when the signal aborts. */
  changed(): Promise<void>
  wake(): void
}

const retryMs = 500

export function sights(api: Api, clock: Clock, signal: AbortSignal): Sights {
  const seen = new Map<string, KubeObject | undefined>()
  let isStale = false
  let waiter: (() => void) | undefined
  const wake = () => {
    isStale = true
    waiter?.()
  }
  async function follow(id: string, kind: ResourceKind, { namespace, name }: ObjectRef): Promise<void> {
    const options = { ...(namespace && { namespace }), fields: `metadata.name=${name}` }
    while (!signal.aborted) {
      try {
        const list = await api.list(kind, options)
        seen.set(
          id,
          list.items.find(item => item.metadata.name === name),
        )
        wake()
        const { resourceVersion = '' } = list.metadata
        for await (const { type, object } of api.watch(kind, { ...options, resourceVersion, signal })) {
          if (type === 'BOOKMARK' || object.metadata.name !== name) continue
          seen.set(id, type === 'DELETED' ? undefined : object)
          wake()
        }
      } catch {
        // The server is away for a moment; what was seen stays true until it says otherwise.
      }
      await sleep(clock, retryMs, signal)
    }
  }
  signal.addEventListener('abort', wake, { once: true })
  return {
    see<T extends KubeObject>(kind: ResourceKind<T>, ref: ObjectRef) {
      const id = `${kind.resource}.${kind.group}/${ref.namespace}/${ref.name}`
      if (!seen.has(id)) {
        seen.set(id, undefined)
        void follow(id, kind as ResourceKind, ref)
      }
      return seen.get(id) as T | undefined
    },
    changed: () =>
      new Promise(resolve => {
        waiter = () => {
          waiter = undefined
          isStale = false
          resolve()
        }
        if (isStale || signal.aborted) waiter()
      }),
    wake,
  }
}

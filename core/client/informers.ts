/** One informer a kind, shared by everyone in the process. */
import type { ResourceKind } from '../api/kind.ts'
import type { KubeObject } from '../api/meta.ts'
import type { Clock } from '../observe/clock.ts'
import type { Log } from '../observe/log.ts'
import type { Api } from './api.ts'
import { type Informer, startInformer } from './informer.ts'

export interface Informers {
  /** The shared informer of a kind; started at the first call. */
  of<T extends KubeObject>(kind: ResourceKind<T>): Informer<T>
  /** The informer of a kind if it was started already. */
  started<T extends KubeObject>(kind: ResourceKind<T>): Informer<T> | undefined
  /** Resolves once all that were started have their first list. */
  synced(): Promise<void>
}

export function createInformers(options: { api: Api; log: Log; signal: AbortSignal; clock?: Clock }): Informers {
  const running = new Map<string, Informer<KubeObject>>()
  const idOf = ({ group, version, resource }: ResourceKind) => `${group}/${version}/${resource}`
  return {
    of<T extends KubeObject>(kind: ResourceKind<T>): Informer<T> {
      const id = idOf(kind as ResourceKind)
      let informer = running.get(id)
      if (!informer) running.set(id, (informer = startInformer(kind as ResourceKind, options)))
      return informer as unknown as Informer<T>
    },
    started: <T extends KubeObject>(kind: ResourceKind<T>) =>
      running.get(idOf(kind as ResourceKind)) as unknown as Informer<T> | undefined,
    async synced() {
      await Promise.all([...running.values()].map(informer => informer.synced))
    },
  }
}

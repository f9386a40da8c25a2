/**
 * Uids of objects that this process deleted or changed a moment ago, while the informer's copy may still show them as they were:
 * what client-go's UIDTrackingControllerExpectations are for. Creations and updates need none: the runtime puts their answers into
 * the copies at once; a deletion has no such answer.
 */
import type { KubeObject } from '@slipway/core/api'

export interface RecentUids {
  add(object: KubeObject, now: number): void
  has(object: KubeObject): boolean
  /** The action failed, or the informer shows its effect. */
  forget(object: KubeObject): void
  readonly size: number
}

/** @param keepMs after this time the informer must have caught up, whatever happened */
export function recentUids(keepMs = 300_000): RecentUids {
  const added = new Map<string, number>()
  return {
    add({ metadata: { uid } }, now) {
      if (!uid) return
      // Oldest first in a Map's order: what has expired is in front.
      for (const [old, at] of added) {
        if (at + keepMs > now) break
        added.delete(old)
      }
      added.delete(uid)
      added.set(uid, now)
    },
    has: ({ metadata: { uid } }) => uid !== undefined && added.has(uid),
    forget: ({ metadata: { uid } }) => void (uid && added.delete(uid)),
    get size() {
      return added.size
    },
  }
}

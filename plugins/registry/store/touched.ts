/**
 * What keeps the sweep from taking content that a push is about to use. Whoever will rely on a digest touches it first and looks for it
 * afterwards; the sweep looks here and unlinks within one turn of the event loop. So either the sweep sees the touch, or the push sees
 * that the content is gone and uploads it again.
 */
import type { Digest } from '@slipway/builders/image'

export interface Touched {
  touch(digest: Digest): void
  /** True when the digest was touched within the last `ms`. */
  since(digest: Digest, ms: number): boolean
  /** Forgets what is older, so that memory stays small. */
  forget(ms: number): void
}

export function createTouched(now: () => number): Touched {
  const times = new Map<Digest, number>()
  return {
    touch: digest => void times.set(digest, now()),
    since: (digest, ms) => now() - (times.get(digest) ?? Number.NEGATIVE_INFINITY) <= ms,
    forget(ms) {
      for (const [digest, time] of times) if (now() - time > ms) times.delete(digest)
    },
  }
}

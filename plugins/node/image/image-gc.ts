/** Which images may go. Pure. Kubelet's rule: old ones always, and when the disk is fuller than the mark, the longest unused first. */
import type { StoredImage } from './image-store.ts'

export interface ImageGcPolicy {
  /** Images unused for so long go; milliseconds. */
  maxUnusedMs: number
  /** Share of the disk in use above which images are removed, 0 to 1. */
  high: number
  /** … until it is below this. */
  low: number
}

export interface Disk {
  totalBytes: number
  usedBytes: number
}

/** @returns digests to remove. Sizes are as fetched, so this errs towards removing more. */
export function imagesToRemove(images: StoredImage[], disk: Disk, policy: ImageGcPolicy, now: number): Set<string> {
  const old = images.filter(image => now - image.lastUsed > policy.maxUnusedMs)
  const doomed = new Set(old.map(image => image.digest))
  let toFree = disk.usedBytes > disk.totalBytes * policy.high ? disk.usedBytes - disk.totalBytes * policy.low : 0
  for (const image of [...images].sort((a, b) => a.lastUsed - b.lastUsed)) {
    if (toFree <= 0) break
    doomed.add(image.digest)
    toFree -= image.size
  }
  return doomed
}

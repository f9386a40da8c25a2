/**
 * Pins images to digests, so that a Revision runs the same code for ever. Answers at once with what is known; what is not is asked for
 * once, and the caller told when the answer is there.
 */
import type { Revision } from '@slipway/core/api/serving'
import type { Images } from './revision.desired.ts'

/** @returns `HOST/NAME@sha256:…` of a reference; rejects with a reason a user can act on */
export type ResolveDigest = (image: string) => Promise<string>

export interface ImageDigests {
  of(revision: Revision): Images
}

const failureForMs = 10_000
const isPinned = (image: string) => image.includes('@sha256:')

export function imageDigests(resolve: ResolveDigest, onResolved: (key: string) => void, now: () => number): ImageDigests {
  const known = new Map<string, { value?: string; problem?: string; at: number }>()
  const asked = new Set<string>()

  const ask = (image: string, key: string) => {
    const id = `${key} ${image}`
    if (asked.has(id)) return
    asked.add(id)
    resolve(image)
      .then(value => known.set(id, { value, at: now() }))
      .catch(error => known.set(id, { problem: error instanceof Error ? error.message : String(error), at: now() }))
      .finally(() => {
        asked.delete(id)
        onResolved(key)
      })
  }

  return {
    of(revision) {
      const { namespace, name } = revision.metadata
      const key = `${namespace}/${name}`
      const recorded = [...(revision.status?.containerStatuses ?? []), ...(revision.status?.initContainerStatuses ?? [])]
      const pinned = new Map<string, string>()
      let pending = false
      for (const { name: container, image = '' } of [...revision.spec.containers, ...(revision.spec.initContainers ?? [])]) {
        // What was resolved once stays, whatever the tag says today.
        const before = recorded.find(s => s.name === container)?.imageDigest
        const answer = known.get(`${key} ${image}`)
        const value = before || (isPinned(image) ? image : answer?.value)
        if (value) pinned.set(container, value)
        else if (answer?.problem && now() - answer.at < failureForMs)
          return { problem: `Unable to fetch image "${image}": ${answer.problem}` }
        else {
          ask(image, key)
          if (answer?.problem) return { problem: `Unable to fetch image "${image}": ${answer.problem}` }
          pending = true
        }
      }
      return pending ? { pending: true } : { pinned }
    },
  }
}

/** The newest changes, bounded in number and size, for watches that resume and for lists of a moment that has passed. */
import type { Change } from './store.ts'

export interface WindowLimits {
  /** Default 10,000. */
  changes?: number
  /** Characters of JSON held; default 8 Mi. */
  size?: number
}

const sizeOf = ({ entry, previous }: Change) => entry.json.length + (previous?.json.length ?? 0)

export class ChangeWindow {
  readonly #maxChanges: number
  readonly #maxSize: number
  #changes: Change[] = []
  #start = 0
  #size = 0
  /** Version of the newest change that was let go. */
  compacted: number

  constructor(compacted: number, { changes = 10_000, size = 8 * 2 ** 20 }: WindowLimits = {}) {
    this.compacted = compacted
    this.#maxChanges = changes
    this.#maxSize = size
  }

  get length(): number {
    return this.#changes.length - this.#start
  }

  push(change: Change): void {
    this.#changes.push(change)
    this.#size += sizeOf(change)
  }

  /** Lets go of the oldest changes once the limits are passed, some at a time. @returns those that were let go */
  trim(): Change[] {
    if (this.length <= this.#maxChanges && this.#size <= this.#maxSize) return []
    const gone: Change[] = []
    const keep = Math.floor(this.#maxChanges * 0.9)
    while (this.length > 0 && (this.length > keep || this.#size > this.#maxSize * 0.9)) {
      const oldest = this.#changes[this.#start++]!
      this.#size -= sizeOf(oldest)
      this.compacted = oldest.version
      gone.push(oldest)
    }
    this.#changes = this.#changes.slice(this.#start)
    this.#start = 0
    return gone
  }

  /** Oldest first; undefined when some of them were let go. */
  since(resource: string, version: number): Change[] | undefined {
    if (version < this.compacted) return undefined
    const found: Change[] = []
    for (let i = this.#firstAfter(version); i < this.#changes.length; i++) {
      const change = this.#changes[i]!
      if (change.entry.resource === resource) found.push(change)
    }
    return found
  }

  #firstAfter(version: number): number {
    let low = this.#start
    let high = this.#changes.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#changes[middle]!.version <= version) low = middle + 1
      else high = middle
    }
    return low
  }
}

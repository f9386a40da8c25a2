/** Sets of completion indexes in the text form of `status.completedIndexes`: `1,3-5,7`. Pure. */
export type Indexes = readonly number[]

/** Sorted and without repeats; indexes of `completions` and above, and text that is no index, are left out. */
export function parseIndexes(text: string | undefined, completions: number): number[] {
  const found = new Set<number>()
  for (const part of text ? text.split(',') : []) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (!match) continue
    const last = Math.min(Number(match[2] ?? match[1]), completions - 1)
    for (let index = Number(match[1]); index <= last; index++) found.add(index)
  }
  return [...found].sort((a, b) => a - b)
}

export const union = (a: Indexes, b: Iterable<number>): number[] => [...new Set([...a, ...b])].sort((x, y) => x - y)

/** Two neighbours are written with a comma, three and more with a dash, as Kubernetes does. */
export function formatIndexes(indexes: Indexes): string {
  const parts: string[] = []
  for (let i = 0; i < indexes.length; ) {
    const first = indexes[i]!
    let last = first
    while (indexes[i + 1] === last + 1) {
      last++
      i++
    }
    i++
    parts.push(last === first ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`)
  }
  return parts.join(',')
}

/** The lowest `count` indexes below `completions` that are not taken. */
export function firstPending(taken: Indexes, count: number, completions: number): number[] {
  const used = new Set(taken)
  const result: number[] = []
  for (let index = 0; index < completions && result.length < count; index++) if (!used.has(index)) result.push(index)
  return result
}

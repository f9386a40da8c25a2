/** Splits what differs into what is listed and what is not. Pure. */
import { compare, type FieldDifference } from './compare.ts'
import type { ListedDifference } from './differences.ts'
import type { Answer } from './run-case.ts'

const patternOf = (glob: string): RegExp => new RegExp(`^${glob.split('*').map(RegExp.escape).join('.*')}$`, 's')

export interface Judgement {
  unlisted: FieldDifference[]
  /** The entries that were of use. */
  used: ListedDifference[]
}

export type Judge = (id: string, want: Answer[], got: Answer[]) => Judgement

/** `id` is `topic/name`. */
export function judgeBy(listed: ListedDifference[]): Judge {
  const entries = listed.map(entry => ({ entry, inCase: patternOf(entry.case), atPath: patternOf(entry.path) }))
  return (id, want, got) => {
    const here = entries.filter(({ inCase }) => inCase.test(id))
    const used = new Set<ListedDifference>()
    const unlisted = compare(want, got).filter(({ path }) => {
      const match = here.find(({ atPath }) => atPath.test(path))
      if (match) used.add(match.entry)
      return !match
    })
    return { unlisted, used: [...used] }
  }
}

/** What a benchmark measures and aims at; a file `test/bench/NAME.ts` exports `title` and `run`. */
export interface Goal {
  name: string
  value: number
  unit: string
  /** What the value should be at least or at most. */
  goal: number
  met: boolean
}
export interface Measured {
  figures: Record<string, unknown>
  goals: Goal[]
}
export interface Bench {
  title: string
  /** @throws Error when it could not measure; a goal that is not met is no error */
  run(): Promise<Measured>
}

export const atMost = (name: string, value: number, unit: string, goal: number): Goal => ({
  name,
  value,
  unit,
  goal,
  met: value <= goal,
})
export const atLeast = (name: string, value: number, unit: string, goal: number): Goal => ({
  name,
  value,
  unit,
  goal,
  met: value >= goal,
})

/** The median and the spread of a list of samples. Pure. @throws Error of an empty list */
export function spread(samples: number[]): { min: number; p50: number; p95: number; max: number } {
  if (!samples.length) throw new Error('nothing was measured')
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!
  return { min: sorted[0]!, p50: at(0.5), p95: at(0.95), max: sorted.at(-1)! }
}

/** A line of a container's log as the CRI writes it: `2026-01-01T00:00:00.000000000+00:00 stdout F text`; `P` is a part of a longer line. Pure. */
export interface CriLine {
  /** RFC 3339 with nanoseconds, as written. */
  time: string
  stream: 'stdout' | 'stderr'
  partial: boolean
  text: string
}

/** @returns undefined for what is no such line (a cut first one, say) */
export function parseCriLine(line: string): CriLine | undefined {
  const first = line.indexOf(' ')
  const second = line.indexOf(' ', first + 1)
  const third = line.indexOf(' ', second + 1)
  const stream = line.slice(first + 1, second)
  const tag = third < 0 ? line.slice(second + 1) : line.slice(second + 1, third)
  if (first < 20 || second < 0 || (stream !== 'stdout' && stream !== 'stderr') || (tag[0] !== 'F' && tag[0] !== 'P'))
    return undefined
  return { time: line.slice(0, first), stream, partial: tag[0] === 'P', text: third < 0 ? '' : line.slice(third + 1) }
}

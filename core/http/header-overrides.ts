/** Headers that a route sets, made ready once so that each request costs no more than a look at the length of its names. */
export interface HeaderOverrides {
  /** Flat raw pairs. */
  readonly pairs: readonly string[]
  readonly lowerNames: readonly string[]
  /** Bit `length mod 32` is set for each name. */
  readonly lengths: number
}

/** Undefined where there are none. Framing headers can't be set by a route. */
export function headerOverrides(...records: (Record<string, string> | undefined)[]): HeaderOverrides | undefined {
  const byName = new Map<string, [string, string]>()
  for (const record of records)
    for (const [name, value] of Object.entries(record ?? {})) {
      const lower = name.toLowerCase()
      if (isHeader(name, value) && !framing.has(lower)) byName.set(lower, [name, value])
    }
  if (byName.size === 0) return undefined
  const lowerNames = [...byName.keys()]
  return {
    pairs: [...byName.values()].flat(),
    lowerNames,
    lengths: lowerNames.reduce((bits, { length }) => bits | (1 << (length & 31)), 0),
  }
}
export const replaces = ({ lengths, lowerNames }: HeaderOverrides, name: string): boolean =>
  ((lengths >>> (name.length & 31)) & 1) === 1 && lowerNames.includes(name.toLowerCase())

const framing = new Set(['content-length', 'transfer-encoding', 'connection', 'host', 'upgrade', 'te', 'expect', 'trailer'])
const isHeader = (name: string, value: string) =>
  /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name) && /^[\t\x20-\x7e\x80-\xff]*$/.test(value)

/** Where two values differ: one entry for each field. Pure. */
export interface FieldDifference {
  /** `1.body.metadata.labels` : the step, then the field. */
  path: string
  want: unknown
  got: unknown
}

type Dict = Record<string, unknown>
const isDict = (value: unknown): value is Dict => typeof value === 'object' && value !== null && !Array.isArray(value)

export function compare(want: unknown, got: unknown, path = ''): FieldDifference[] {
  const at = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`)
  if (isDict(want) && isDict(got)) {
    const keys = [...new Set([...Object.keys(want), ...Object.keys(got)])].sort()
    return keys.flatMap(key => compare(want[key], got[key], at(key)))
  }
  // Lists of different lengths are shown whole: item by item, an insertion would make every later item differ.
  if (Array.isArray(want) && Array.isArray(got) && want.length === got.length)
    return want.flatMap((item, index) => compare(item, got[index], at(index)))
  return Object.is(want, got) || JSON.stringify(want) === JSON.stringify(got) ? [] : [{ path, want, got }]
}

const shown = (value: unknown) => {
  const text = value === undefined ? '(absent)' : JSON.stringify(value)
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}
export const describeDifference = ({ path, want, got }: FieldDifference): string =>
  `${path}:\n      Kubernetes ${shown(want)}\n      here       ${shown(got)}`

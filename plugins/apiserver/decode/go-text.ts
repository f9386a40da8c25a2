/** A JSON value as Go prints it with `%v`: `map[spec:map[replicas:2]]`, `[a b]`. Some of Kubernetes' messages do. */
export function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value === 'object' && value !== null)
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => `${key}:${goText(field)}`)
      .join(' ')}]`
  return value === null || value === undefined ? '<nil>' : String(value)
}

/** JSON as Go's encoder writes a map: keys sorted. */
export const sortedJson = (value: unknown): string =>
  JSON.stringify(value, (_key, field: unknown) =>
    typeof field === 'object' && field !== null && !Array.isArray(field)
      ? Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : 1)))
      : field,
  )

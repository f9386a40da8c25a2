/** Fills `{ns}`, `{id}` and `{STEP.field.path}` into the strings of a case. Pure. */

export interface Seen {
  id: string
  ns: string
  /** What each step so far answered. */
  bodies: unknown[]
}

/** The value at a dotted path; list indexes are numbers: `items.0.metadata.name`. */
export function fieldAt(value: unknown, path: string): unknown {
  let at = value
  for (const key of path.split('.')) at = (at as Record<string, unknown> | undefined | null)?.[key]
  return at
}

const placeholder = /\{(ns|id|(\d+)\.([\w.]+))\}/g

function fillText(text: string, { id, ns, bodies }: Seen): string {
  return text.replace(placeholder, (_, word: string, step?: string, path?: string) => {
    if (word === 'ns') return ns
    if (word === 'id') return id
    const value = fieldAt(bodies[Number(step)], path ?? '')
    return typeof value === 'string' ? value : JSON.stringify(value)
  })
}

/** Strings anywhere in a value; keys are filled too. */
export function fill(value: unknown, seen: Seen): unknown {
  if (typeof value === 'string') return fillText(value, seen)
  if (Array.isArray(value)) return value.map(item => fill(item, seen))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [fillText(key, seen), fill(inner, seen)]))
}

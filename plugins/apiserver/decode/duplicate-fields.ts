/**
 * Finds keys that a JSON text gives twice in one object, which `JSON.parse` passes over in silence.
 * The text must be valid JSON. Paths are written as in strict decoding errors: `spec.containers[0].image`.
 */
interface Level {
  /** Undefined for arrays. */
  keys: Set<string> | undefined
  index: number
  path: string
}

const quote = 34
const backslash = 92

export function duplicateFields(json: string): string[] {
  const found: string[] = []
  const levels: Level[] = []
  let path = ''
  let expectKey = false
  for (let i = 0; i < json.length; i++) {
    const code = json.charCodeAt(i)
    if (code === quote) {
      const start = i + 1
      for (i = start; json.charCodeAt(i) !== quote; i++) if (json.charCodeAt(i) === backslash) i++
      if (!expectKey) continue
      expectKey = false
      const level = levels.at(-1)!
      const raw = json.slice(start, i)
      const key = raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw
      path = level.path ? `${level.path}.${key}` : key
      if (level.keys!.has(key)) found.push(path)
      level.keys!.add(key)
    } else if (code === 123 /* { */ || code === 91 /* [ */) {
      const array = code === 91
      levels.push({ keys: array ? undefined : new Set(), index: 0, path })
      expectKey = !array
      if (array) path = `${path}[0]`
    } else if (code === 125 /* } */ || code === 93 /* ] */) {
      path = levels.pop()!.path
      expectKey = false
    } else if (code === 44 /* , */) {
      const level = levels.at(-1)!
      if (level.keys) expectKey = true
      else path = `${level.path}[${++level.index}]`
    }
  }
  return found
}

/** Comparing what is with what should be. */
import { createHash } from 'node:crypto'

type Dict = Record<string, unknown>
const isObject = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v)

/** Equal as JSON: order of keys does not count, and a key that is undefined is absent. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameJson(item, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = (o: Dict) => Object.keys(o).filter(k => o[k] !== undefined)
  const mine = keys(a)
  return mine.length === keys(b).length && mine.every(k => sameJson(a[k], b[k]))
}

/** Is all that `wanted` says also so in `actual`, whatever else `actual` has (defaults, other writers' fields)? Lists must be as long. */
export function includesJson(actual: unknown, wanted: unknown): boolean {
  if (wanted === undefined || actual === wanted) return true
  if (Array.isArray(wanted))
    return Array.isArray(actual) && actual.length === wanted.length && wanted.every((item, i) => includesJson(actual[i], item))
  if (!isObject(wanted) || !isObject(actual)) return false
  return Object.keys(wanted).every(k => includesJson(actual[k], wanted[k]))
}

const sorted = (v: unknown): unknown => {
  if (Array.isArray(v)) return v.map(sorted)
  if (!isObject(v)) return v
  return Object.fromEntries(
    Object.keys(v)
      .filter(k => v[k] !== undefined)
      .sort()
      .map(k => [k, sorted(v[k])]),
  )
}

/** JSON with sorted keys: the same value gives the same text. */
export const canonicalJson = (value: unknown): string => JSON.stringify(sorted(value))
/** A short, stable name of a value: the first `length` hex digits of its SHA-256. */
export const hashOf = (value: unknown, length = 16): string =>
  createHash('sha256').update(canonicalJson(value)).digest('hex').slice(0, length)

import type { Loose } from '../loose.ts'

/** Fills a field that is absent, null or the empty string, which Go does not tell apart for plain values. */
export function setDefault(holder: Loose, field: string, value: unknown): void {
  const present = holder[field]
  if (present === undefined || present === null || present === '') holder[field] = value
}

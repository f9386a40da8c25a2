/** Stickiness on request: the same client keeps to the same share of a split, by a header or a cookie of its own. */
import type { Exchange } from './exchange.ts'

export type StickyBy = { header: string } | { cookie: string }

/** The value that identifies the client, or undefined where it sent none: such requests take part in the round robin. */
export function stickyValue(exchange: Exchange, by: StickyBy): string | undefined {
  if ('header' in by) return headerValue(exchange.headers, by.header.toLowerCase())
  const cookies = headerValue(exchange.headers, 'cookie')
  if (cookies === undefined) return undefined
  for (const part of cookies.split(';')) {
    const equals = part.indexOf('=')
    if (equals > 0 && part.slice(0, equals).trim() === by.cookie) return part.slice(equals + 1).trim()
  }
  return undefined
}

/** The first value of a header in raw pairs. */
export function headerValue(pairs: readonly string[], lower: string): string | undefined {
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!
    if (name.length === lower.length && name.toLowerCase() === lower) return pairs[i + 1]
  }
  return undefined
}

/** FNV-1a with a final mix (as in MurmurHash3), 32 bits unsigned: short values that differ in one character fall far apart. */
export function hashOf(text: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}

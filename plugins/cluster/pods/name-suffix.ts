/** The tails of generated names, in Kubernetes' alphabet: no vowels, no digits that look like letters, so that no words appear. */
import { createHash, randomInt } from 'node:crypto'

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'

/** As `generateName` appends: `-` is not included. */
export const randomSuffix = (length = 5): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')

/** The same input gives the same suffix, so that a repeated creation meets the object that the first one made. */
export function suffixOf(input: string, length = 5): string {
  const digest = createHash('sha256').update(input).digest()
  return Array.from({ length }, (_, i) => alphabet[digest.readUInt16BE(i * 2) % alphabet.length]).join('')
}

/** `NAME-SUFFIX` within `longest` characters; the name is cut, never the suffix. */
export const suffixed = (name: string, suffix: string, longest = 63): string =>
  `${name.slice(0, longest - suffix.length - 1)}-${suffix}`

/** Raw header pairs in HTTP/2's form: names in lower case, a name with several values once. */
import type { OutgoingHttpHeaders } from 'node:http2'
import { endsHereInResponse } from '../hop-by-hop.ts'

/** Connection-specific headers are left out: a message that has them is malformed (RFC 9113 §8.2.2). */
export function headerObject(pairs: string[]): OutgoingHttpHeaders {
  const object: OutgoingHttpHeaders = Object.create(null)
  for (let i = 0; i < pairs.length; i += 2) {
    const name = pairs[i]!.toLowerCase()
    const value = pairs[i + 1]!
    if (endsHereInResponse(name) || name === 'http2-settings') continue
    const before = object[name]
    if (before === undefined) object[name] = value
    // Node refuses lists for headers that may be there once only; the first one counts, as with most servers.
    else if (single.has(name)) continue
    else if (Array.isArray(before)) before.push(value)
    else object[name] = [String(before), value]
  }
  return object
}
const single = new Set(
  (
    'content-length content-type content-location content-range etag last-modified location age date host referer user-agent ' +
    'authorization from max-forwards expires if-modified-since if-unmodified-since if-range retry-after server te dnt tk ' +
    'access-control-allow-credentials access-control-max-age access-control-request-method x-content-type-options ' +
    'upgrade-insecure-requests content-encoding content-language content-md5 if-match if-none-match'
  ).split(' '),
)

/** @returns the pairs without `:status` and its like */
export function rawWithoutPseudo(pairs: readonly string[]): string[] {
  const out: string[] = []
  for (let i = 0; i < pairs.length; i += 2) if (pairs[i]!.charCodeAt(0) !== 58) out.push(pairs[i]!, pairs[i + 1]!)
  return out
}

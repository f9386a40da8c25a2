/** Digests of the OCI image specification (descriptor.md, "Digests"): `sha256:` and 64 lower-case hexadecimal digits. */
import { createHash, type Hash } from 'node:crypto'
import { BuildFailure } from '../failure/index.ts'

export type Digest = `${string}:${string}`

const lengths: Record<string, number> = { sha256: 64, sha512: 128 }

/** Is this a digest of an algorithm that can be verified here (sha256, sha512)? */
export function isDigest(text: string): text is Digest {
  const colon = text.indexOf(':')
  const length = lengths[text.slice(0, Math.max(colon, 0))]
  return length !== undefined && text.length === colon + 1 + length && /^[0-9a-f]+$/.test(text.slice(colon + 1))
}

export const sha256 = (bytes: Uint8Array | string): Digest => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

export const algorithmOf = (digest: Digest): string => digest.slice(0, digest.indexOf(':'))
export const hexOf = (digest: Digest): string => digest.slice(digest.indexOf(':') + 1)
/** A hash of the digest's own algorithm. */
export const hasherOf = (digest: Digest): Hash => createHash(algorithmOf(digest))

export const digestMismatch = (what: string, want: Digest, got: string): BuildFailure =>
  new BuildFailure('DigestMismatch', `${what} does not have the digest it was asked by: wanted ${want}, got ${got}`, {
    blame: 'system',
  })

/** @throws BuildFailure DigestMismatch */
export function verifyBytes(bytes: Uint8Array, digest: Digest, what: string): void {
  const got = `${algorithmOf(digest)}:${hasherOf(digest).update(bytes).digest('hex')}`
  if (got !== digest) throw digestMismatch(what, digest, got)
}

/** Passes chunks on and fails at the end if they are not what was promised; never yields more than `size` bytes. */
export async function* verified(
  chunks: AsyncIterable<Uint8Array>,
  { digest, size }: { digest: Digest; size: number },
  what: string,
): AsyncGenerator<Uint8Array> {
  const hash = hasherOf(digest)
  let seen = 0
  for await (const chunk of chunks) {
    seen += chunk.byteLength
    if (seen > size)
      throw new BuildFailure('DigestMismatch', `${what} is longer than the ${size} bytes that its manifest promises`, {
        blame: 'system',
      })
    hash.update(chunk)
    yield chunk
  }
  const got = `${algorithmOf(digest)}:${hash.digest('hex')}`
  if (got !== digest) throw digestMismatch(what, digest, got)
}

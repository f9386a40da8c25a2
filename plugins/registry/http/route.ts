/** What every handler of the registry is given, and how a handler is put on express. */
import { type Digest, isDigest, isRepository } from '@slipway/builders/image'
import type { Request, Response } from 'express'
import { digestInvalid, SpecError } from '../spec-error.ts'

export type Action = 'pull' | 'push' | 'delete' | 'list'

/** The seam for authorization: throws a SpecError (401 with WWW-Authenticate, or 403) to refuse. */
export type Guard = (request: Request, action: Action, repository: string | undefined) => void | Promise<void>

export interface Route {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Matched against the path; its groups are what `handle` gets, the first being the repository. */
  path: RegExp
  action: Action
  handle(request: Request, response: Response, repository: string, id: string): Promise<void>
}

/** A request's body, which is left open when it is not read to its end: a refusal must still reach the client. */
export const bodyOf = (request: Request): AsyncIterable<Buffer> => request.iterator({ destroyOnReturn: false })

/** @throws SpecError NAME_INVALID */
export function checkRepository(name: string): void {
  if (!isRepository(name))
    throw new SpecError(
      400,
      'NAME_INVALID',
      `invalid repository name ${JSON.stringify(name)}: use lower-case letters and digits, parted by "/", ".", "_" or "-"`,
      { name },
    )
}

/** @throws SpecError DIGEST_INVALID */
export function checkDigest(text: unknown): Digest {
  if (typeof text !== 'string' || !isDigest(text))
    throw digestInvalid(`not a digest of a supported algorithm (sha256, sha512): ${JSON.stringify(text)}`)
  return text
}

export const queryOf = (request: Request, name: string): string | undefined => {
  const value = request.query[name]
  return typeof value === 'string' ? value : undefined
}

/**
 * The page of a sorted list that `n` and `last` ask for, with the Link header of the next.
 * @throws SpecError PAGINATION_NUMBER_INVALID
 */
export function page(
  request: Request,
  response: Response,
  all: readonly string[],
  after: (name: string, last: string) => boolean,
): string[] {
  const last = queryOf(request, 'last')
  const asked = queryOf(request, 'n')
  const rest = last === undefined ? [...all] : all.filter(name => after(name, last))
  if (asked === undefined) return rest
  const n = Number(asked)
  if (!/^\d+$/.test(asked) || !Number.isSafeInteger(n))
    throw new SpecError(400, 'PAGINATION_NUMBER_INVALID', `invalid number of results requested: n=${asked}`)
  const shown = rest.slice(0, n)
  if (n > 0 && rest.length > n) {
    const query = new URLSearchParams({ n: asked, last: shown.at(-1)! })
    response.setHeader('link', `<${request.path}?${query}>; rel="next"`)
  }
  return shown
}

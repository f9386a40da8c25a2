/** Where a list begins and of which moment it is: `continue`, `resourceVersion`, `resourceVersionMatch`. */
import { badRequest, type FieldError, forbidden, gone, invalidObject, notSupported, StatusError } from '@slipway/core/api'
import type { Store } from '../store/store.ts'

export interface ListPosition {
  /** Only what sorts behind this key. */
  after?: string
  /** The list as it was at this revision; the newest when undefined. */
  exactly?: number
  /** It came from a continue token. */
  continued?: boolean
}
interface ContinueToken {
  /** -1: the newest state, consistent or not. */
  revision: number
  after: string
}

/** @throws StatusError 400 */
function requireInteger(text: string | null): void {
  if (text && !/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
}

export const encodeContinue = ({ revision, after }: ContinueToken): string =>
  Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: revision, start: after })).toString('base64url')

function decodeContinue(text: string): ContinueToken {
  try {
    const { v, rv, start } = JSON.parse(Buffer.from(text, 'base64url').toString()) as { v: string; rv: number; start: string }
    if (v !== 'meta.k8s.io/v1' || typeof rv !== 'number' || typeof start !== 'string') throw new SyntaxError()
    return { revision: rv, after: start }
  } catch {
    throw badRequest('invalid continue token: continue key is not valid: it was not made by this server')
  }
}

/** A revision in a query: decimal, or empty. @throws StatusError 400, worded as for lists; a get answers 500 */
export function parseRevision(text: string | null): number | undefined {
  if (text === null || text === '') return undefined
  if (!/^\d+$/.test(text)) throw badRequest(`invalid resource version: ${revisionProblem(text)}`)
  return Number(text)
}

export const revisionProblem = (text: string): string =>
  `resourceVersion: Invalid value: ${JSON.stringify(text)}: strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`

const tooLarge = (wanted: number, current: number) =>
  new StatusError(504, 'Timeout', `Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  })

/** @throws StatusError 400, 410, 422, 504 */
export function listPosition(query: URLSearchParams, store: Pick<Store, 'revision'>): ListPosition {
  for (const name of ['limit', 'timeoutSeconds']) requireInteger(query.get(name))
  const match = query.get('resourceVersionMatch') ?? ''
  const token = query.get('continue')
  const revision = parseRevision(query.get('resourceVersion'))
  const errors: FieldError[] = []
  if (match) {
    if (revision === undefined)
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
    if (token) errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch is forbidden when continue is provided'))
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported('resourceVersionMatch', match, ['Exact', 'NotOlderThan', '']))
    if (match === 'Exact' && revision === 0)
      errors.push(forbidden('resourceVersionMatch', 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  }
  if (query.get('sendInitialEvents')) errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'))
  if (errors.length) throw invalidObject('ListOptions', 'meta.k8s.io', '', errors)
  if (token) {
    if (revision !== undefined && revision !== 0)
      throw badRequest('specifying resource version is not allowed when using continue')
    const { revision: of, after } = decodeContinue(token)
    return { after, continued: true, ...(of >= 0 && { exactly: of }) }
  }
  if (revision !== undefined && revision > store.revision) throw tooLarge(revision, store.revision)
  if (match === 'Exact' || (!match && revision && query.get('limit') && query.get('limit') !== '0')) return { exactly: revision! }
  return {}
}

const tooOldContinue =
  'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.'

/** 410; after a continue token with another token that goes on without consistency. */
export function expiredContinue({ after, continued }: ListPosition): StatusError {
  if (!continued) return gone('The resourceVersion for the provided list is too old.')
  return new ExpiredContinue(encodeContinue({ revision: -1, after: after ?? '' }))
}

class ExpiredContinue extends StatusError {
  readonly #token: string
  constructor(token: string) {
    super(410, 'Expired', tooOldContinue)
    this.#token = token
  }
  override toStatus() {
    return { ...super.toStatus(), metadata: { continue: this.#token } }
  }
}

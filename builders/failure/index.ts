/**
 * What stops a build. One class for every builder: `reason` is for programs (a condition's reason), the message tells a user what
 * failed, where, and what to do; `blame` and `retry` tell the caller what happens next. Imports nothing, so that steps start fast.
 */
export type Retry = 'backoff' | 'never' | { afterMs: number }

export interface FailureDetails {
  /** Whose fault; default `user`. */
  blame?: 'user' | 'system'
  /** Whether trying again can help; default `never` for the user's faults, `backoff` for the system's. */
  retry?: Retry
  cause?: unknown
}

const brand = Symbol.for('slipway.dev/BuildFailure')

export class BuildFailure extends Error {
  /** CamelCase, as in a condition: `ManifestUnknown`. */
  readonly reason: string
  readonly blame: 'user' | 'system'
  readonly retry: Retry
  readonly [brand] = true
  constructor(reason: string, message: string, details: FailureDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'BuildFailure'
    this.reason = reason
    this.blame = details.blame ?? 'user'
    this.retry = details.retry ?? (this.blame === 'user' ? 'never' : 'backoff')
  }
}

/** Is this a BuildFailure (of any copy of this package), and if a reason is given, of that reason? */
export const isBuildFailure = (error: unknown, reason?: string): error is BuildFailure =>
  typeof error === 'object' &&
  error !== null &&
  (error as Record<symbol, unknown>)[brand] === true &&
  (!reason || (error as BuildFailure).reason === reason)

/** The message of anything thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** The system's error code, such as `ENOENT`, of an error or of what caused it. */
export const codeOf = (error: unknown): string | undefined => {
  for (let e = error as { code?: unknown; cause?: unknown } | undefined; e; e = e.cause as typeof e)
    if (typeof e.code === 'string') return e.code
  return undefined
}

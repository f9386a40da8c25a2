/** Why a hop could not answer: the status, a reason to test for, and a text that tells the client what happened. */
export type HopReason =
  | 'ConnectFailed'
  | 'ConnectTimeout'
  | 'UpstreamReset'
  | 'BadResponse'
  | 'Timeout'
  | 'IdleTimeout'
  | 'TooManyHeld'
  | 'Overloaded'
  | 'NoEndpoint'
  | 'UnknownHost'
  | 'UnknownPath'
  | 'BadRequest'
  | 'UnsupportedUpgrade'

export interface HopFailure {
  readonly status: number
  readonly reason: HopReason
  readonly message: string
  /** True where the upstream has surely not begun to work on the request. */
  readonly untouched: boolean
  readonly retryAfterSeconds?: number
}

const failure = (status: number, reason: HopReason, message: string, untouched: boolean): HopFailure => ({
  status,
  reason,
  message,
  untouched,
})
export const connectFailed = (where: string, why: string) =>
  failure(503, 'ConnectFailed', `could not connect to ${where}: ${why}`, true)
export const connectTimeout = (where: string, ms: number) =>
  failure(503, 'ConnectTimeout', `could not connect to ${where} within ${ms} ms`, true)
export const upstreamReset = (where: string, why: string, untouched = false) =>
  failure(502, 'UpstreamReset', `${where} closed the connection before it answered: ${why}`, untouched)
export const badResponse = (where: string, why: string) =>
  failure(502, 'BadResponse', `${where} did not answer with valid HTTP: ${why}`, false)
export const timedOut = (seconds: number) => failure(504, 'Timeout', `request timeout: no answer within ${seconds} s`, false)
export const idleTimedOut = (seconds: number) =>
  failure(504, 'IdleTimeout', `request timeout: nothing was sent for ${seconds} s`, false)
export const overloaded = (what: string, retryAfterSeconds = 1): HopFailure => ({
  ...failure(503, 'Overloaded', what, true),
  retryAfterSeconds,
})
export const tooManyHeld = (what: string, retryAfterSeconds = 1): HopFailure => ({
  ...failure(503, 'TooManyHeld', what, true),
  retryAfterSeconds,
})
export const noEndpoint = (what: string, retryAfterSeconds = 5): HopFailure => ({
  ...failure(503, 'NoEndpoint', what, true),
  retryAfterSeconds,
})
export const unknownHost = (what: string) => failure(404, 'UnknownHost', what, true)
export const unknownPath = (what: string) => failure(404, 'UnknownPath', what, true)
export const badRequest = (what: string) => failure(400, 'BadRequest', what, true)
export const unsupportedUpgrade = (what: string) => failure(501, 'UnsupportedUpgrade', what, true)

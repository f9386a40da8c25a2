/**
 * Errors are Kubernetes Statuses (k8s.io/apimachinery pkg/api/errors): code, reason, message, details.
 * Callers test the reason, never the text. The brand makes errors of two copies of this package agree.
 */
import { describeFieldError, type FieldError } from './field-error.ts'

export type StatusReason =
  | 'BadRequest'
  | 'Unauthorized'
  | 'Forbidden'
  | 'NotFound'
  | 'AlreadyExists'
  | 'Conflict'
  | 'Gone'
  | 'Expired'
  | 'Invalid'
  | 'MethodNotAllowed'
  | 'NotAcceptable'
  | 'UnsupportedMediaType'
  | 'RequestEntityTooLarge'
  | 'InsufficientStorage'
  | 'TooManyRequests'
  | 'Timeout'
  | 'ServerTimeout'
  | 'InternalError'
  | 'ServiceUnavailable'
  | 'Unknown'

export interface StatusCause {
  reason?: string
  message?: string
  field?: string
}
export interface StatusDetails {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}
/** The JSON body of an error answer: `kind: Status, apiVersion: v1`. */
export interface Status {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, unknown>
  status: 'Success' | 'Failure'
  message?: string
  reason?: StatusReason
  details?: StatusDetails
  code?: number
}

const brand = Symbol.for('slipway.dev/StatusError')

export class StatusError extends Error {
  readonly code: number
  readonly reason: StatusReason
  readonly details: StatusDetails | undefined
  readonly [brand] = true
  constructor(code: number, reason: StatusReason, message: string, details?: StatusDetails) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
  }
  toStatus(): Status {
    const { code, reason, message, details } = this
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason !== 'Unknown' && { reason }),
      ...(details && { details }),
      code,
    }
  }
}

/** Is this a StatusError, and if a reason is given, of that reason? */
export const isStatus = (e: unknown, reason?: StatusReason): e is StatusError =>
  typeof e === 'object' &&
  e !== null &&
  (e as Record<symbol, unknown>)[brand] === true &&
  (!reason || (e as StatusError).reason === reason)

/** `builds.build.knative.dev`, as messages name a resource. */
const qualified = (resource: string, group: string) => (group ? `${resource}.${group}` : resource)

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)
export const notFound = (resource: string, group: string, name: string) =>
  new StatusError(404, 'NotFound', `${qualified(resource, group)} ${JSON.stringify(name)} not found`, {
    name,
    ...(group && { group }),
    kind: resource,
  })
export const alreadyExists = (resource: string, group: string, name: string) =>
  new StatusError(409, 'AlreadyExists', `${qualified(resource, group)} ${JSON.stringify(name)} already exists`, {
    name,
    ...(group && { group }),
    kind: resource,
  })
export const conflict = (resource: string, group: string, name: string, detail: string) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource, group)} ${JSON.stringify(name)}: ${detail}`,
    {
      name,
      ...(group && { group }),
      kind: resource,
    },
  )
export const gone = (message: string) => new StatusError(410, 'Expired', message)
export const internalError = (message: string) =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })

/** 422 with one cause a field, worded as kubectl prints it: `Build.build.knative.dev "x" is invalid: spec.source: Required value`. */
export function invalidObject(kind: string, group: string, name: string, errors: FieldError[]): StatusError {
  const texts = [...new Set(errors.map(describeFieldError))]
  const all = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return new StatusError(422, 'Invalid', `${qualified(kind, group)} ${JSON.stringify(name)} is invalid: ${all}`, {
    ...(name && { name }),
    ...(group && { group }),
    ...(kind && { kind }),
    causes: errors.map(e => ({ reason: e.type, message: e.message, field: e.field || '<nil>' })),
  })
}

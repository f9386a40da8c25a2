/**
 * A job's failure says what happens next and whose it is. Thrown by handlers; anything else that is thrown counts as the system's fault
 * and is tried again with back-off.
 */
export interface Failure {
  /** `backoff` uses one of the job's attempts; `{ afterMs }` does not; `never` ends it as a dead letter. */
  retry: 'backoff' | 'never' | { afterMs: number }
  blame: 'user' | 'system'
  /** One CamelCase word, as in a condition. */
  reason: string
  message: string
}

const brand = Symbol.for('slipway.dev/JobFailure')

export class JobFailure extends Error implements Failure {
  readonly retry: Failure['retry']
  readonly blame: Failure['blame']
  readonly reason: string
  readonly [brand] = true
  constructor({ retry, blame, reason, message }: Failure, cause?: unknown) {
    super(message, { cause })
    this.name = 'JobFailure'
    this.retry = retry
    this.blame = blame
    this.reason = reason
  }
}

/** What any thrown value means. */
export function failureOf(error: unknown): Failure {
  if (typeof error === 'object' && error !== null && (error as Record<symbol, unknown>)[brand] === true) {
    const { retry, blame, reason, message } = error as JobFailure
    return { retry, blame, reason, message }
  }
  return {
    retry: 'backoff',
    blame: 'system',
    reason: 'InternalError',
    message: error instanceof Error ? error.message : String(error),
  }
}

const shape = /^\[(user|system)\/([A-Za-z]+)\] (.*)$/s

/** A failure in one line, as Redis keeps it with the job: `[user/InvalidTemplate] no such template`. */
export const failureText = ({ blame, reason, message }: Pick<Failure, 'blame' | 'reason' | 'message'>): string =>
  `[${blame}/${reason}] ${message}`

/** The inverse of `failureText`; text that BullMQ wrote itself (a job that stalled too often, say) is the system's. */
export function parseFailureText(text: string): Pick<Failure, 'blame' | 'reason' | 'message'> {
  const [, blame, reason, message] = shape.exec(text) ?? []
  if (blame && reason && message !== undefined) return { blame: blame as Failure['blame'], reason, message }
  return { blame: 'system', reason: /stalled/.test(text) ? 'Stalled' : 'InternalError', message: text }
}

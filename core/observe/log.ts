/** The log: pino, one JSON line an entry on standard error, or short readable lines when `SLIPWAY_LOG_FORMAT=text`. Never logs secrets: fields named like one are cut out. */
import { type Logger, pino } from 'pino'

export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(bindings: Record<string, unknown>): Log
}

const secretFields = [
  'token',
  'password',
  'secret',
  'authorization',
  '*.token',
  '*.password',
  '*.secret',
  '*.authorization',
  'headers.authorization',
]

export interface LogOptions {
  /** `trace` to `fatal`, or `silent`. Default: `SLIPWAY_LOG_LEVEL`, else `info`. */
  level?: string
  /** Where to write; default standard error. */
  destination?: { write(line: string): void }
}

export function createLog({
  level = process.env.SLIPWAY_LOG_LEVEL ?? 'info',
  destination = process.stderr,
}: LogOptions = {}): Log {
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, redact: { paths: secretFields, censor: '***' } },
    destination,
  )
}

/** For tests and for parts whose output nobody reads. */
export const silentLog: Log = createLog({ level: 'silent' })

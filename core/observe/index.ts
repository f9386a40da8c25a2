export { type Clock, rfc3339, sleep, systemClock } from './clock.ts'
export { createLog, type Log, type LogOptions, silentLog } from './log.ts'

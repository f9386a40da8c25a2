/** A build's log, line by line as it is written, to its end. For `slipway build` and `slipway logs`; only looks on. */
import { Build } from '../api/build/index.ts'
import { conditionOf } from '../api/conditions.ts'
import type { Api, ObjectRef } from '../client/api.ts'
import { type Clock, systemClock } from '../observe/clock.ts'
import { sights } from './sights.ts'
import { stepLogs } from './step-logs.ts'

export interface BuildProgressOptions {
  signal?: AbortSignal
  clock?: Clock
  /** How long the end of a log is waited for once the build has ended. Default 5 s. */
  logGraceMs?: number
}

/** @returns the build as it ended; undefined when the signal aborted */
export async function* buildProgress(
  api: Api,
  ref: ObjectRef,
  { signal: outer, clock = systemClock, logGraceMs = 5000 }: BuildProgressOptions = {},
): AsyncGenerator<string, Build | undefined> {
  const stopping = new AbortController()
  const signal = outer ? AbortSignal.any([outer, stopping.signal]) : stopping.signal
  const watched = sights(api, clock, signal)
  const lines: string[] = []
  const say = (line: string) => {
    lines.push(line)
    watched.wake()
  }
  const logs = stepLogs(api, say, watched.wake, signal)
  let cancel: (() => void) | undefined
  let waitedEnough = false
  try {
    while (!signal.aborted) {
      const build = watched.see(Build, ref)
      logs.advance(build)
      yield* lines.splice(0)
      const succeeded = conditionOf(build?.status?.conditions, 'Succeeded')
      if (build && succeeded && succeeded.status !== 'Unknown') {
        if (logs.isComplete(build) || waitedEnough) return build
        cancel ??= clock.after(logGraceMs, () => {
          waitedEnough = true
          watched.wake()
        })
      }
      await watched.changed()
    }
    return undefined
  } finally {
    cancel?.()
    stopping.abort()
  }
}

/**
 * What becomes of a push, line by line as it happens: build log, image, revision, share of requests, and the URL last. Only looks on: all
 * that it tells is in the API server, and goes on whether someone listens or not. Used by the git server and by `slipway up`.
 */
import { Build } from '../api/build/index.ts'
import { conditionOf } from '../api/conditions.ts'
import { Repository, Rollout } from '../api/delivery/index.ts'
import { Revision, Service } from '../api/serving/index.ts'
import type { Api } from '../client/api.ts'
import { type Clock, systemClock } from '../observe/clock.ts'
import { buildNameOf } from './names.ts'
import { branchEntry, type Memory, narrate, type PushSight } from './narrate.ts'
import { sights } from './sights.ts'
import { stepLogs } from './step-logs.ts'

export interface FollowedPush {
  namespace: string
  repository: string
  branch: string
  commit: string
  /** Milliseconds since the epoch. */
  receivedAt: number
}
export interface PushProgressOptions {
  signal?: AbortSignal
  clock?: Clock
  /** How long to look on at most. Default 30 minutes. */
  timeoutMs?: number
  /** How long a push may wait to be taken up before that is said. Default 10 s. */
  slowMs?: number
}

const logGraceMs = 5000

/** @returns the outcome, after the last line; undefined when the signal aborted or the time was up */
export async function* pushProgress(
  api: Api,
  push: FollowedPush,
  { signal: outer, clock = systemClock, timeoutMs = 1_800_000, slowMs = 10_000 }: PushProgressOptions = {},
): AsyncGenerator<string, 'Live' | 'Failed' | 'Ignored' | 'Built' | undefined> {
  const stopping = new AbortController()
  const signal = outer ? AbortSignal.any([outer, stopping.signal]) : stopping.signal
  const { namespace, repository: name, branch, commit } = push
  const told = { commit, branch, pushedAt: new Date(push.receivedAt).toISOString() }
  const watched = sights(api, clock, signal)
  const lines: string[] = []
  const logs = stepLogs(
    api,
    line => {
      lines.push(line)
      watched.wake()
    },
    watched.wake,
    signal,
  )
  const look = (): PushSight => {
    const repository = watched.see(Repository, { namespace, name })
    const build = watched.see(Build, { namespace, name: buildNameOf(name, commit) })
    const revisionName = branchEntry({ repository }, commit)?.revision
    if (!revisionName) return { repository, build, service: undefined, revision: undefined, rollout: undefined }
    const { service: serviceName = name, rollout } = repository!.spec.release
    return {
      repository,
      build,
      service: watched.see(Service, { namespace, name: serviceName }),
      revision: watched.see(Revision, { namespace, name: revisionName }),
      rollout: rollout && watched.see(Rollout, { namespace, name: rollout.ref ?? serviceName }),
    }
  }
  const said: Memory = new Set()
  const deadline = clock.now() + timeoutMs
  const cancels = [clock.after(timeoutMs, watched.wake), clock.after(slowMs, watched.wake)]
  let isSlowSaid = false
  let doneAt: number | undefined
  try {
    yield `-----> ${commit.slice(0, 7)} received on ${branch} of ${namespace}/${name}`
    while (!signal.aborted) {
      const sight = look()
      logs.advance(sight.build)
      yield* lines.splice(0)
      // A build's end is told after its log, also where the news of it came first; but a log that does not end holds nothing up.
      const isDone = (conditionOf(sight.build?.status?.conditions, 'Succeeded')?.status ?? 'Unknown') !== 'Unknown'
      if (isDone && doneAt === undefined) {
        doneAt = clock.now()
        cancels.push(clock.after(logGraceMs, watched.wake))
      }
      if (logs.isComplete(sight.build) || (doneAt !== undefined && clock.now() >= doneAt + logGraceMs)) {
        const { lines: news, outcome } = narrate(sight, told, said)
        yield* news
        if (outcome) return outcome
      }
      if (!isSlowSaid && !sight.build && clock.now() >= deadline - timeoutMs + slowMs) {
        isSlowSaid = true
        yield '       the push is safe and waits in the queue to be taken up'
      }
      if (clock.now() >= deadline) {
        yield `       it is still going on; follow it: kubectl -n ${namespace} get builds,rollouts -w`
        return undefined
      }
      await watched.changed()
    }
    return undefined
  } finally {
    for (const cancel of cancels) cancel()
    stopping.abort()
  }
}

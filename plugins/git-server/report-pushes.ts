/**
 * From refs that moved to jobs in the queue. Level-triggered: a push is reported when its branch differs from its marker, so one that was
 * accepted while the queue was away, or just before a crash, is found again.
 */
import { branchOf, type Push } from '@slipway/core/delivery'
import { type Clock, type Log, sleep } from '@slipway/core/observe'
import type { Pending, Repositories, RepositoryName } from './repositories.ts'

export interface PushReporterOptions {
  repositories: Repositories
  /** Resolves once the queue has the push for good. */
  enqueue(push: Push): Promise<void>
  clock: Clock
  log: Log
  signal: AbortSignal
}
export interface PushReporter {
  /** Reports one move of a branch. @throws what `enqueue` throws; the push is then reported later by itself */
  report(pending: Pending, details: Pick<Push, 'options' | 'pusher' | 'hasDockerfile' | 'changed'>): Promise<Push>
  /** Reports everything that has not been; resolves when that is done, however often it must be tried. */
  catchUp(): Promise<void>
  /** Resolves when every push that was reported is marked. */
  settled(): Promise<void>
}

export function pushReporter({ repositories, enqueue, clock, log, signal }: PushReporterOptions): PushReporter {
  const marks = new Set<Promise<void>>()
  let last = 0
  /** Later pushes have later times, also within one millisecond. */
  const stamp = () => (last = Math.max(last + 1, clock.now()))

  const reporter: PushReporter = {
    async report({ namespace, name, ref, before, commit }, details) {
      const receivedAt = stamp()
      const push: Push = {
        namespace,
        repository: name,
        ref,
        before,
        commit,
        receivedAt,
        sequence: String(receivedAt),
        ...details,
      }
      try {
        await enqueue(push)
      } catch (error) {
        void later()
        throw error
      }
      // Not waited for: without the mark the push is at worst reported twice, which changes nothing.
      const marking = repositories
        .markQueued({ namespace, name }, ref, commit)
        .catch(error => log.warn({ err: error, ref }, 'a push is queued but could not be marked so'))
        .finally(() => marks.delete(marking))
      marks.add(marking)
      return push
    },
    async settled() {
      await Promise.all(marks)
    },
    catchUp: () => (running ??= catchUp().finally(() => (running = undefined))),
  }
  let running: Promise<void> | undefined
  const later = async () => {
    await sleep(clock, 1000, signal)
    if (!signal.aborted) await reporter.catchUp()
  }

  async function catchUpOne(repository: RepositoryName): Promise<void> {
    for (const pending of await repositories.pending(repository)) {
      if (signal.aborted) return
      if (!branchOf(pending.ref)) continue
      const hasDockerfile = await repositories.hasFile(repository, pending.commit, 'Dockerfile')
      const { namespace, name, ref, commit } = pending
      await enqueue({
        namespace,
        repository: name,
        ref,
        before: pending.before,
        commit,
        receivedAt: stamp(),
        options: {},
        hasDockerfile,
      })
      await repositories.markQueued(repository, ref, commit)
      log.info({ repository: `${namespace}/${name}`, ref, commit }, 'found a push that had not been reported')
    }
  }

  async function catchUp(): Promise<void> {
    for (let pause = 500; !signal.aborted; pause = Math.min(pause * 2, 15_000)) {
      let failed = false
      for (const repository of await repositories.list()) {
        if (signal.aborted) return
        await catchUpOne(repository).catch(error => {
          failed = true
          log.warn(
            { err: error, repository: `${repository.namespace}/${repository.name}` },
            'a push could not be reported; trying again',
          )
        })
      }
      if (!failed) return
      await sleep(clock, pause, signal)
    }
  }
  return reporter
}

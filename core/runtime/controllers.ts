/** Runs reconcilers: wires informers to work queues, calls, retries with back-off, and stops without leaving a call half done. */

import type { ResourceKind } from '../api/kind.ts'
import { controllerOf, groupOf, type KubeObject, keyOf, parseKey } from '../api/meta.ts'
import { isStatus } from '../api/status-error.ts'
import type { Api } from '../client/api.ts'
import type { Informers } from '../client/informers.ts'
import { type Clock, systemClock } from '../observe/clock.ts'
import type { Log } from '../observe/log.ts'
import { type EventRecorder, eventRecorder } from './events.ts'
import { type Reader, type Reconciler, TerminalError } from './reconciler.ts'
import { type WorkQueue, workQueue } from './work-queue.ts'

export interface ControllersOptions {
  api: Api
  informers: Informers
  log: Log
  clock?: Clock
}
export interface Controllers {
  /** Looks at a key of a reconciler again; for what no object's change announces. */
  enqueue(reconcilerName: string, key: string): void
  /** True while no key waits or is worked on; keys due later do not count. */
  isIdle(): boolean
  stop(): Promise<void>
}

export const readerOf = (informers: Informers): Reader => ({
  get: (kind, namespace, name) => informers.of(kind).get(namespace, name),
  list: (kind, namespace, labels) => informers.of(kind).list(namespace, labels),
  ownedBy: (kind, owner) => informers.of(kind).ownedBy(owner.metadata.uid ?? ''),
})

/** Puts the answers of writes into the informers at once, so that the next look reads what was just written. */
function readYourWrites(api: Api, informers: Informers): Api {
  const seen =
    <A extends unknown[], T extends KubeObject>(write: (kind: ResourceKind<T>, ...rest: A) => Promise<T>) =>
    async (kind: ResourceKind<T>, ...rest: A) => {
      const object = await write(kind, ...rest)
      // A dry run changes nothing, and a status of an object that was finalized by this very write has nothing to show.
      if (object.metadata?.resourceVersion && object.kind === kind.kind && !isGone(object))
        informers.started(kind)?.observe(object)
      return object
    }
  const isGone = (object: KubeObject) => object.metadata.deletionTimestamp !== undefined && !object.metadata.finalizers?.length
  return {
    ...api,
    create: seen(api.create as never) as Api['create'],
    update: seen(api.update as never) as Api['update'],
    updateStatus: seen(api.updateStatus as never) as Api['updateStatus'],
    patch: seen(api.patch as never) as Api['patch'],
    apply: seen(api.apply as never) as Api['apply'],
  }
}

function wire(reconciler: Reconciler, queue: WorkQueue, informers: Informers, reader: Reader): (() => void)[] {
  const { kind, owns = [], watches = [] } = reconciler
  const stops = [informers.of(kind).onChange((_, object) => queue.add(keyOf(object)))]
  for (const owned of owns)
    stops.push(
      informers.of(owned).onChange((_, object) => {
        const owner = controllerOf(object)
        if (owner?.kind === kind.kind && groupOf(owner.apiVersion) === kind.group)
          queue.add(keyOf({ metadata: { name: owner.name, ...(kind.namespaced && { namespace: object.metadata.namespace }) } }))
      }),
    )
  for (const watched of watches)
    stops.push(
      informers.of(watched.kind).onChange((_, object, old) => {
        // The old state too: an object that no longer points here is news as well.
        for (const key of new Set([...watched.keys(object, reader), ...(old ? watched.keys(old, reader) : [])])) queue.add(key)
      }),
    )
  return stops
}

/** What each informer of the reconcilers must have listed before the first call. */
const kindsOf = ({ kind, owns = [], watches = [], reads = [] }: Reconciler): ResourceKind[] => [
  kind,
  ...owns,
  ...watches.map(w => w.kind),
  ...reads,
]

function startOne(
  reconciler: Reconciler,
  options: Required<ControllersOptions>,
  events: EventRecorder,
): { queue: WorkQueue; stop(): Promise<void> } {
  const { informers, clock } = options
  const log = options.log.child({ reconciler: reconciler.name })
  const api = readYourWrites(options.api, informers)
  const read = readerOf(informers)
  const informer = informers.of(reconciler.kind)
  const work = async (key: string) => {
    const { namespace, name } = parseKey(key)
    const now = clock.now()
    try {
      const event = (about: KubeObject, type: 'Normal' | 'Warning', reason: string, message: string) =>
        events.record(about, type, reason, message)
      const result = await reconciler.reconcile(informer.get(namespace, name), { key, read, api, log, now, event })
      queue.forget(key)
      if (result?.requeueAfterMs !== undefined) queue.addAfter(key, Math.max(result.requeueAfterMs, 1))
    } catch (error) {
      if (error instanceof TerminalError) {
        queue.forget(key)
        log.info({ key, err: error }, 'not tried again until something changes')
        return
      }
      const retryInMs = queue.addRateLimited(key)
      // A conflict is the everyday case of optimistic concurrency, not news.
      const level = isStatus(error, 'Conflict') || retryInMs < 100 ? 'debug' : 'warn'
      log[level]({ key, err: error, retryInMs }, 'reconcile failed; trying again')
    }
  }
  const queue = workQueue({ work, clock, ...(reconciler.concurrency && { concurrency: reconciler.concurrency }) })
  const stops: (() => void)[] = []
  let stopped = false
  void Promise.all(kindsOf(reconciler).map(kind => informers.of(kind).synced)).then(() => {
    if (!stopped) stops.push(...wire(reconciler, queue, informers, read))
  })
  return {
    queue,
    async stop() {
      stopped = true
      for (const stop of stops) stop()
      await queue.close()
    },
  }
}

/** Starts reconcilers; each begins once the kinds that it reads have been listed. */
export function startControllers(reconcilers: Reconciler[], given: ControllersOptions): Controllers {
  const options = { clock: systemClock, ...given }
  const running = new Map(
    reconcilers.map(reconciler => {
      const events = eventRecorder({
        api: options.api,
        log: options.log,
        component: reconciler.name,
        now: () => options.clock.now(),
      })
      return [reconciler.name, { ...startOne(reconciler, options, events), events }]
    }),
  )
  return {
    enqueue: (name, key) => running.get(name)?.queue.add(key),
    isIdle: () => [...running.values()].every(({ queue }) => queue.length === 0 && queue.active === 0),
    async stop() {
      await Promise.all([...running.values()].map(({ stop }) => stop()))
      await Promise.all([...running.values()].map(({ events }) => events.flush()))
    },
  }
}

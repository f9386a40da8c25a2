/**
 * Follows all objects of all resources, by their metadata alone, and takes up resources that appear later (CRDs). Kinds that the
 * controllers follow anyway are taken from the shared informers; the others cost one metadata watch each, of which only what the graph
 * needs is kept.
 */
import { type KubeObject, k8s, type ResourceKind } from '@slipway/core/api'
import { type Api, type ChangeType, type Informers, type ListOptions, startInformer } from '@slipway/core/client'
import { type Clock, type Log, systemClock } from '@slipway/core/observe'
import { type DiscoveredKind, deletableKinds, discoverKinds, kindFor, kindId } from './discovery.ts'

export type MonitorHandler = (type: ChangeType, object: KubeObject, kind: ResourceKind) => void

export interface ResourceMonitors {
  /** All resources that discovery lists, also those that are not followed. */
  kinds(): readonly DiscoveredKind[]
  kindFor(apiVersion: string, kind: string): DiscoveredKind | undefined
  /** Called at each change from then on, and at once for each object known already. */
  onChange(handler: MonitorHandler): void
  /** Called when resources have come or gone and those that came are listed. */
  onRefresh(handler: () => void): void
  /** Resolves once every resource found at the start is listed. */
  readonly synced: Promise<void>
  readonly hasSynced: boolean
}

export interface ResourceMonitorsOptions {
  api: Api
  informers: Informers
  /** Followed by the shared informers. */
  shared: readonly ResourceKind[]
  log: Log
  signal: AbortSignal
  clock?: Clock
}

/** Only what ownership needs: field managers and annotations are most of an object's metadata. */
function trim<T extends KubeObject>(object: T): T {
  const { managedFields: _, annotations: __, labels: ___, ...metadata } = object.metadata
  return { apiVersion: object.apiVersion, kind: object.kind, metadata } as T
}

const trimming = (api: Api): Api => ({
  ...api,
  async list<T extends KubeObject>(kind: ResourceKind<T>, options?: ListOptions) {
    const list = await api.list(kind, options)
    return { ...list, items: list.items.map(trim) }
  },
  async *watch<T extends KubeObject>(kind: ResourceKind<T>, options: ListOptions & { signal: AbortSignal }) {
    for await (const { type, object } of api.watch(kind, options)) yield { type, object: trim(object) }
  },
})

/** CRDs come in bursts, and their resources are served a moment after; and a failed discovery is tried again. */
const settleMs = 100
const retryMs = 5_000

export function startResourceMonitors(options: ResourceMonitorsOptions): ResourceMonitors {
  const { api, informers, log, signal, clock = systemClock } = options
  const shared = new Set(options.shared.map(kindId))
  const metadataApi = trimming(api)
  const handlers = new Set<MonitorHandler>()
  const refreshHandlers = new Set<() => void>()
  const monitors = new Map<string, { kind: ResourceKind; synced: Promise<void>; stop(): void; all(): KubeObject[] }>()
  let known: readonly DiscoveredKind[] = []
  let hasSynced = false
  let markSynced = () => {}
  const synced = new Promise<void>(resolve => {
    markSynced = resolve
  })

  const tell = (kind: ResourceKind) => (type: ChangeType, object: KubeObject) => {
    for (const handler of handlers) handler(type, object, kind)
  }
  function follow(kind: ResourceKind): void {
    const stopping = new AbortController()
    const informer = shared.has(kindId(kind))
      ? informers.of(kind)
      : startInformer(kind, {
          api: metadataApi,
          log,
          clock,
          metadataOnly: true,
          signal: AbortSignal.any([signal, stopping.signal]),
        })
    const unsubscribe = informer.onChange(tell(kind))
    monitors.set(kindId(kind), {
      kind,
      synced: informer.synced,
      all: () => informer.list(),
      stop() {
        unsubscribe()
        stopping.abort()
        // Their resource is no longer served: as far as anyone can tell, they are gone.
        for (const object of informer.list()) tell(kind)('deleted', object)
      },
    })
  }

  async function refresh(): Promise<void> {
    known = await discoverKinds(api)
    const wanted = new Map(deletableKinds([...known]).map(kind => [kindId(kind), kind]))
    for (const [name, monitor] of monitors)
      if (wanted.get(name)?.version !== monitor.kind.version) {
        monitors.delete(name)
        monitor.stop()
      }
    for (const [name, kind] of wanted) if (!monitors.has(name)) follow(kind)
    await Promise.all([...monitors.values()].map(monitor => monitor.synced))
    if (signal.aborted) return
    hasSynced = true
    markSynced()
    for (const handler of refreshHandlers) handler()
  }

  let planned: (() => void) | undefined
  let running = Promise.resolve()
  const plan = (ms: number) => {
    planned ??= clock.after(ms, () => {
      planned = undefined
      running = running.then(refresh).catch(error => {
        if (signal.aborted) return
        log.warn({ err: error, retryInMs: retryMs }, 'the resources of the API server could not be discovered')
        plan(retryMs)
      })
    })
  }
  signal.addEventListener('abort', () => planned?.(), { once: true })
  plan(0)
  informers.of(k8s.CustomResourceDefinition).onChange((type, crd, old) => {
    // Status alone does not matter, except that the names were accepted.
    const isServed = (c: k8s.CustomResourceDefinition | undefined) =>
      c?.status?.conditions?.some(condition => condition.type === 'Established' && condition.status === 'True') ?? false
    const changed = type !== 'updated' || crd.metadata.generation !== old?.metadata.generation || isServed(crd) !== isServed(old)
    if (changed && hasSynced) plan(settleMs)
  })

  return {
    kinds: () => known,
    kindFor: (apiVersion, kind) => kindFor(known, apiVersion, kind),
    onChange(handler) {
      handlers.add(handler)
      for (const { kind, all } of monitors.values()) for (const object of all()) handler('added', object, kind)
    },
    onRefresh: handler => void refreshHandlers.add(handler),
    synced,
    get hasSynced() {
      return hasSynced
    },
  }
}

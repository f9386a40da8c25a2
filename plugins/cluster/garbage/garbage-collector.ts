/**
 * Deletes what nobody owns any more, in the foreground or background, and frees what is to be orphaned. It never deletes on the word of
 * its cache: before every deletion the object and each of its owners are read from the server, and compared by uid.
 * Source: pkg/controller/garbagecollector (Kubernetes 1.34)
 */
import { isStatus, type KubeObject, keyOf, type OwnerReference } from '@slipway/core/api'
import type { Api } from '@slipway/core/client'
import { type Clock, type Log, systemClock } from '@slipway/core/observe'
import { workQueue } from '@slipway/core/runtime'
import { removeFinalizer } from '../finalizers.ts'
import { type OwnerState, verdict } from './attempt.ts'
import { createGraph, foregroundFinalizer, isBlocking, type News, type Node, nodeOf, orphanFinalizer } from './graph.ts'
import type { ResourceMonitors } from './resource-monitors.ts'

export interface GarbageCollector {
  /** True while nothing waits and nothing is worked on. */
  isIdle(): boolean
  stop(): Promise<void>
}

export interface GarbageCollectorOptions {
  api: Api
  monitors: ResourceMonitors
  log: Log
  clock?: Clock
}

/** An owner's own watch may be a moment behind its dependent's; and the last dependents' behind that of an owner that orphans. */
const lagMs = 200
const concurrency = 8
const rememberAbsent = 500

export function startGarbageCollector({ api, monitors, log, clock = systemClock }: GarbageCollectorOptions): GarbageCollector {
  const graph = createGraph()
  /** Owners that the server said are gone; never filled from events, since a resource that is served anew looks like deletions. */
  const absent = new Set<string>()
  /** Checks that found an owner of a kind that is not served now. */
  const unresolved = new Set<string>()

  const refOf = ({ namespace, name }: Node) => ({ name, ...(namespace && { namespace }) })
  const ignoreGone = (error: unknown) => {
    if (!isStatus(error, 'NotFound')) throw error
  }

  const isAt = (node: Node, { kind, name }: OwnerReference, namespace: string | undefined) =>
    node.kind.kind === kind && node.name === name && (!node.kind.namespaced || node.namespace === namespace)

  async function stateOf(owner: OwnerReference, dependent: Node): Promise<OwnerState> {
    const known = graph.get(owner.uid)
    if (known && isAt(known, owner, dependent.namespace)) return known.waitsForDependents ? 'waiting' : 'solid'
    if (absent.has(owner.uid)) return 'dangling'
    const kind = monitors.kindFor(owner.apiVersion, owner.kind)
    if (!kind) {
      unresolved.add(dependent.uid)
      return 'solid'
    }
    if (kind.namespaced && !dependent.namespace) {
      log.warn({ object: dependent.name, owner: owner.name }, 'a cluster-scoped object names an owner inside a namespace')
      return 'solid'
    }
    const live = await api.find(kind, { name: owner.name, ...(kind.namespaced && { namespace: dependent.namespace! }) })
    if (live?.metadata.uid !== owner.uid) {
      absent.add(owner.uid)
      if (absent.size > rememberAbsent) absent.delete(absent.values().next().value!)
      return 'dangling'
    }
    return nodeOf(live, kind).waitsForDependents ? 'waiting' : 'solid'
  }

  /** Rewrites owner references on the fresh object; a conflict comes back as a retry. */
  async function patchOwners(
    node: Node,
    object: KubeObject,
    change: (owners: OwnerReference[]) => OwnerReference[],
  ): Promise<void> {
    const { uid, resourceVersion, ownerReferences = [] } = object.metadata
    const patch = { metadata: { uid, resourceVersion, ownerReferences: change(ownerReferences) } }
    await api.patch(node.kind, refOf(node), 'merge', patch).catch(ignoreGone)
  }

  async function remove(node: Node, live: KubeObject, propagation: 'Foreground' | 'Background' | 'Orphan'): Promise<void> {
    const { uid, resourceVersion } = live.metadata
    log.debug({ kind: node.kind.kind, key: keyOf(live), propagation }, 'deleting an object whose owners are gone')
    await api
      .delete(node.kind, refOf(node), { propagation, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) })
      .catch(ignoreGone)
  }

  /** The owner that waits goes on once nothing blocks it; until then its dependents are looked at. */
  async function releaseWaiting(node: Node, live: KubeObject): Promise<void> {
    const blocking = graph.dependents(node.uid).filter(dependent => isBlocking(dependent, node.uid))
    if (!blocking.length) await removeFinalizer(api, node.kind, live, foregroundFinalizer)
    else for (const { uid, isDeleting } of blocking) if (!isDeleting) queue.add(`check/${uid}`)
  }

  async function check(uid: string): Promise<void> {
    const node = graph.get(uid)
    if (!node || (node.isDeleting && !node.waitsForDependents)) return
    // Without a call where the graph says that all is well.
    if (!node.waitsForDependents && node.owners.every(o => isSolid(o, node))) return
    const live = await api.find(node.kind, refOf(node))
    if (live?.metadata.uid !== uid) return follow(graph.remove(uid))
    const fresh = nodeOf(live, node.kind)
    if (fresh.waitsForDependents) return releaseWaiting(fresh, live)
    if (fresh.isDeleting) return
    const owners = await Promise.all(fresh.owners.map(async reference => ({ reference, state: await stateOf(reference, fresh) })))
    const dependents = graph.dependents(uid)
    const decided = verdict(live, owners, { count: dependents.length, anyWaits: dependents.some(d => d.waitsForDependents) })
    if (decided.action === 'dropOwners') return patchOwners(fresh, live, list => list.filter(o => !decided.uids.includes(o.uid)))
    if (decided.action !== 'delete') return
    if (decided.unblock) {
      await patchOwners(fresh, live, list => list.map(o => ({ ...o, blockOwnerDeletion: false })))
      queue.add(`check/${uid}`)
      return
    }
    await remove(fresh, live, decided.propagation)
  }

  const isSolid = (owner: OwnerReference, node: Node) => {
    const known = graph.get(owner.uid)
    return known !== undefined && !known.waitsForDependents && isAt(known, owner, node.namespace)
  }

  async function orphan(uid: string): Promise<void> {
    const node = graph.get(uid)
    if (!node?.orphansDependents) return
    for (const dependent of graph.dependents(uid)) {
      const live = await api.find(dependent.kind, refOf(dependent))
      if (live?.metadata.uid === dependent.uid) await patchOwners(dependent, live, list => list.filter(o => o.uid !== uid))
    }
    const live = await api.find(node.kind, refOf(node))
    if (live?.metadata.uid === uid) await removeFinalizer(api, node.kind, live, orphanFinalizer)
  }

  const queue = workQueue({
    concurrency,
    clock,
    async work(key) {
      const slash = key.indexOf('/')
      const uid = key.slice(slash + 1)
      try {
        await monitors.synced
        await (key.startsWith('check') ? check(uid) : orphan(uid))
        queue.forget(key)
      } catch (error) {
        const retryInMs = queue.addRateLimited(key)
        const level = isStatus(error, 'Conflict') || retryInMs < 100 ? 'debug' : 'warn'
        log[level]({ err: error, uid, retryInMs }, 'garbage collection of an object failed; trying again')
      }
    },
  })
  function follow({ check: now, checkSoon, orphan: orphans }: News): void {
    for (const uid of now) queue.add(`check/${uid}`)
    for (const uid of checkSoon) queue.addAfter(`check/${uid}`, lagMs)
    for (const uid of orphans) queue.addAfter(`orphan/${uid}`, lagMs)
  }

  monitors.onChange((type, object, kind) => {
    if (!object.metadata.uid) return
    follow(type === 'deleted' ? graph.remove(object.metadata.uid) : graph.upsert(object, kind))
  })
  monitors.onRefresh(() => {
    for (const uid of unresolved) queue.add(`check/${uid}`)
    unresolved.clear()
  })

  return {
    isIdle: () => queue.length === 0 && queue.active === 0,
    stop: () => queue.close(),
  }
}

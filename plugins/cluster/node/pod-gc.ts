/**
 * Removes pods that nobody else will: those on nodes that are gone, those that are being deleted and never had a node, and the oldest
 * ended ones beyond a threshold. Source: pkg/controller/podgc/gc_controller.go
 */
import { isStatus, k8s } from '@slipway/core/api'
import type { Api, Informers } from '@slipway/core/client'
import { type Clock, type Log, systemClock } from '@slipway/core/observe'
import { isTerminal, millis } from '../pods/pod-state.ts'

export interface PodGcOptions {
  api: Api
  informers: Informers
  log: Log
  signal: AbortSignal
  clock?: Clock
  /** Ended pods that are kept; default 12,500. */
  terminatedThreshold?: number
}

const everyMs = 60_000

export interface PodsToCollect {
  excess: k8s.Pod[]
  unplaced: k8s.Pod[]
  /** On nodes that are missing; only surely so once the server was asked. */
  orphaned: k8s.Pod[]
}

/** Pure. */
export function podsToCollect(pods: k8s.Pod[], nodes: ReadonlySet<string>, threshold: number): PodsToCollect {
  const ended = pods.filter(isTerminal)
  const excess = ended
    .sort((a, b) => millis(a.metadata.creationTimestamp) - millis(b.metadata.creationTimestamp))
    .slice(0, Math.max(0, ended.length - threshold))
  return {
    excess,
    unplaced: pods.filter(pod => pod.metadata.deletionTimestamp && !pod.spec.nodeName),
    orphaned: pods.filter(pod => pod.spec.nodeName && !nodes.has(pod.spec.nodeName)),
  }
}

export function startPodGc(options: PodGcOptions): void {
  const { api, informers, log, signal, clock = systemClock, terminatedThreshold = 12_500 } = options
  const pods = informers.of(k8s.Pod)
  const nodes = informers.of(k8s.Node)
  /** Nodes that were missing at the last look: only what stays missing is taken for gone. */
  let missing = new Set<string>()

  async function collect(pod: k8s.Pod, reason: string): Promise<void> {
    const { uid } = pod.metadata
    log.info({ pod: pod.metadata.name, namespace: pod.metadata.namespace, reason }, 'deleting a pod')
    try {
      if (reason === 'orphaned' && !isTerminal(pod)) {
        const status = { ...pod.status, phase: 'Failed', reason: 'NodeLost', message: 'PodGC: node no longer exists' }
        await api.updateStatus(k8s.Pod, { ...pod, status })
      }
      await api.delete(k8s.Pod, pod.metadata, { gracePeriodSeconds: 0, ...(uid && { uid }) })
    } catch (error) {
      if (!isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error
    }
  }

  async function scan(): Promise<void> {
    if (!pods.hasSynced || !nodes.hasSynced) return
    const here = new Set(nodes.list().map(node => node.metadata.name))
    const { excess, unplaced, orphaned } = podsToCollect(pods.list(), here, terminatedThreshold)
    const before = missing
    missing = new Set(orphaned.map(pod => pod.spec.nodeName!))
    for (const pod of excess) await collect(pod, 'excess')
    for (const pod of unplaced) await collect(pod, 'unplaced')
    for (const name of missing) {
      if (!before.has(name) || (await api.find(k8s.Node, { name }))) continue
      for (const pod of orphaned) if (pod.spec.nodeName === name) await collect(pod, 'orphaned')
    }
  }

  let cancel = () => {}
  const plan = () => {
    cancel = clock.after(everyMs, () => {
      void scan()
        .catch(error => log.warn({ err: error }, 'pods could not be collected; trying again later'))
        .finally(() => {
          if (!signal.aborted) plan()
        })
    })
  }
  signal.addEventListener('abort', () => cancel(), { once: true })
  plan()
}

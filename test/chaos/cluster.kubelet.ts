/** Stands in for a node where only controllers are tried: pods run at once, and those of Jobs end after a while, well or with the exit code of their label `exit`. */

import { setTimeout as sleep } from 'node:timers/promises'
import { isStatus, k8s } from '@slipway/core/api'
import { type Api, createInformers } from '@slipway/core/client'
import { rfc3339, silentLog } from '@slipway/core/observe'

export interface PodCount {
  /** Owner's name to the uids of all pods that it ever had. */
  readonly made: Map<string, Set<string>>
}

const nodeName = 'stand-in'
const heartbeatMs = 10_000

/** A node that is not heard of is taken for lost, and its pods with it. */
async function beANode(api: Api, signal: AbortSignal): Promise<void> {
  await api.create(k8s.Node, { apiVersion: 'v1', kind: 'Node', metadata: { name: nodeName } } as k8s.Node)
  await api.patch(
    k8s.Node,
    { name: nodeName },
    'merge',
    { status: { conditions: [{ type: 'Ready', status: 'True' }] } },
    { subresource: 'status' },
  )
  while (!signal.aborted) {
    const renewTime = new Date().toISOString().replace('Z', '000Z')
    const lease = { metadata: { name: nodeName, namespace: 'kube-node-lease' }, spec: { holderIdentity: nodeName, renewTime } }
    await api.apply(k8s.Lease, lease as k8s.Lease, { fieldManager: 'kubelet' })
    await sleep(heartbeatMs, undefined, { signal })
  }
}

export function runPods(api: Api, signal: AbortSignal): PodCount {
  const made = new Map<string, Set<string>>()
  const begun = new Set<string>()

  const setStatus = (pod: k8s.Pod, status: unknown) =>
    api.patch(k8s.Pod, pod.metadata, 'merge', { status }, { subresource: 'status' })
  async function bind({ metadata: { name, namespace } }: k8s.Pod): Promise<void> {
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, namespace }, target: { kind: 'Node', name: nodeName } }
    const response = await api.raw('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, { body })
    await response.text()
  }
  async function live(pod: k8s.Pod): Promise<void> {
    await bind(pod)
    const now = () => rfc3339(Date.now())
    const ready = (status: 'True' | 'False') => [{ type: 'Ready', status, lastTransitionTime: now() }]
    await setStatus(pod, { phase: 'Running', podIP: '127.0.0.1', conditions: ready('True') })
    if (!pod.metadata.labels?.['job-name']) return
    await sleep(20 + Math.random() * 200, undefined, { signal })
    const exitCode = Number(pod.metadata.labels.exit ?? 0)
    const terminated = { exitCode, startedAt: now(), finishedAt: now() }
    await setStatus(pod, {
      phase: exitCode ? 'Failed' : 'Succeeded',
      conditions: ready('False'),
      containerStatuses: pod.spec.containers.map(({ name, image }) => ({
        name,
        image,
        imageID: '',
        ready: false,
        restartCount: 0,
        state: { terminated },
      })),
    })
  }
  const quietly = (work: Promise<unknown>) =>
    work.catch(error => {
      if (!signal.aborted && !isStatus(error, 'NotFound') && !isStatus(error, 'Conflict')) throw error
    })

  void quietly(beANode(api, signal))
  createInformers({ api, log: silentLog, signal })
    .of(k8s.Pod)
    .onChange((type, pod) => {
      const { uid = '', ownerReferences, deletionTimestamp } = pod.metadata
      const owner = ownerReferences?.[0]?.name ?? ''
      made.set(owner, (made.get(owner) ?? new Set()).add(uid))
      if (type === 'deleted') return
      if (deletionTimestamp && pod.metadata.deletionGracePeriodSeconds)
        void quietly(api.delete(k8s.Pod, pod.metadata, { gracePeriodSeconds: 0 }))
      else if (!begun.has(uid)) {
        begun.add(uid)
        void quietly(live(pod))
      }
    })
  return { made }
}

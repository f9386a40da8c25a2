/**
 * Keeps this machine's Node object and its Lease. The Lease says every ten seconds that the node is alive; the Node itself is written
 * only when something about it changes, or every five minutes. Source: kubelet's KEP-589
 */
import { isStatus, k8s } from '@slipway/core/api'
import type { Api } from '@slipway/core/client'
import type { Clock, Log } from '@slipway/core/observe'
import { type NodeInput, nodeObject } from './node-object.ts'

const leaseNamespace = 'kube-node-lease'
const leaseSeconds = 40
const renewMs = 10_000
const statusMs = 300_000

export interface NodeRegistration {
  /** Something about the node has changed: write it now. */
  changed(): void
  /** Marks the node as not ready and stops. */
  stop(): Promise<void>
}

const micro = (ms: number) => new Date(ms).toISOString().replace('Z', '000Z')

/** Without times, which differ always. */
const essence = ({ status, metadata }: k8s.Node) =>
  JSON.stringify([
    metadata.labels,
    { ...status, conditions: status?.conditions?.map(({ type, status: s, reason, message }) => [type, s, reason, message]) },
  ])

/** @param input the node as it is now; asked at each write */
export async function registerNode(options: { api: Api; clock: Clock; log: Log; input(): NodeInput }): Promise<NodeRegistration> {
  const { api, clock, log, input } = options
  const { name } = input()
  let cancelLease = () => {}
  let stopped = false
  let written = { essence: '', at: 0 }
  let lease: k8s.Lease | undefined

  async function writeNode(): Promise<void> {
    const current = await api.find(k8s.Node, { name })
    const wanted = nodeObject(input(), current)
    const node = current ?? (await api.create(k8s.Node, wanted))
    const { metadata, status } = wanted
    const stale =
      Object.entries({ ...metadata.labels }).some(([k, v]) => node.metadata.labels?.[k] !== v) ||
      Object.entries({ ...metadata.annotations }).some(([k, v]) => node.metadata.annotations?.[k] !== v)
    if (stale)
      await api.patch(k8s.Node, { name }, 'merge', { metadata: { labels: metadata.labels, annotations: metadata.annotations } })
    await api.patch(k8s.Node, { name }, 'strategic', { status }, { subresource: 'status' })
    written = { essence: essence(wanted), at: clock.now() }
  }

  async function renewLease(): Promise<void> {
    const ref = { namespace: leaseNamespace, name }
    lease ??= await api.find(k8s.Lease, ref)
    const renewTime = micro(clock.now())
    if (!lease) {
      lease = await api.create(k8s.Lease, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: ref,
        spec: { holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime },
      })
      return
    }
    try {
      lease = await api.update(k8s.Lease, {
        ...lease,
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        spec: { ...lease.spec, holderIdentity: name, leaseDurationSeconds: leaseSeconds, renewTime },
      })
    } catch (error) {
      lease = undefined
      if (!isStatus(error, 'Conflict') && !isStatus(error, 'NotFound')) throw error
    }
  }

  const attempt = async (what: () => Promise<void>, name: string) => {
    try {
      await what()
    } catch (error) {
      log.warn({ err: error }, `${name} was not written; trying again`)
    }
  }
  const refreshNode = () => {
    if (stopped) return
    const now = essence(nodeObject(input(), undefined))
    if (now !== written.essence || clock.now() - written.at > statusMs) void attempt(writeNode, 'the Node')
  }
  const beat = () => {
    cancelLease = clock.after(renewMs, () => {
      void attempt(renewLease, 'the Lease').then(() => {
        if (stopped) return
        refreshNode()
        beat()
      })
    })
  }

  await attempt(writeNode, 'the Node')
  await attempt(renewLease, 'the Lease')
  beat()
  return {
    changed: refreshNode,
    async stop() {
      stopped = true
      cancelLease()
    },
  }
}

/** Binds pods that nobody has bound to this node, where it is the only one: the embedded profile. A pod that does not fit waits, with the reason on it. */
import { isStatus, k8s, keyOf } from '@slipway/core/api'
import type { Api, Informer } from '@slipway/core/client'
import { type Clock, type Log, rfc3339 } from '@slipway/core/observe'
import { type Capacity, unfit } from './scheduling.ts'

export interface SchedulerOptions {
  api: Api
  /** Of all pods, bound or not. */
  pods: Informer<k8s.Pod>
  nodeName: string
  labels: Record<string, string>
  capacity: Capacity
  clock: Clock
  log: Log
  event(pod: k8s.Pod, type: 'Normal' | 'Warning', reason: string, message: string): void
}

const schedulerName = 'default-scheduler'
const isWaiting = (pod: k8s.Pod) =>
  !pod.spec.nodeName &&
  !pod.metadata.deletionTimestamp &&
  !pod.spec.schedulingGates?.length &&
  (pod.spec.schedulerName ?? schedulerName) === schedulerName

/** @returns how to stop */
export function startScheduler(options: SchedulerOptions): () => void {
  const { api, pods, nodeName, labels, capacity, clock, log, event } = options
  /** Bound by us, not seen as bound yet. */
  const binding = new Map<string, k8s.Pod>()
  const refused = new Map<string, string>()

  const here = () => [...pods.list().filter(p => p.spec.nodeName === nodeName), ...binding.values()]

  async function refuse(pod: k8s.Pod, message: string): Promise<void> {
    if (refused.get(pod.metadata.uid!) === message) return
    refused.set(pod.metadata.uid!, message)
    event(pod, 'Warning', 'FailedScheduling', message)
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      reason: 'Unschedulable',
      message,
      lastTransitionTime: rfc3339(clock.now()),
    }
    await api.patch(k8s.Pod, pod.metadata, 'strategic', { status: { conditions: [condition] } }, { subresource: 'status' })
  }

  async function bind(pod: k8s.Pod): Promise<void> {
    const { namespace, name, uid } = pod.metadata
    const answer = await api.raw('POST', `/api/v1/namespaces/${namespace}/pods/${name}/binding`, {
      body: {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { namespace, name, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
      },
    })
    const text = await answer.text()
    if (!answer.ok && answer.status !== 404 && answer.status !== 409)
      throw new Error(`binding ${namespace}/${name} failed: ${answer.status} ${text.slice(0, 300)}`)
    if (answer.ok) event(pod, 'Normal', 'Scheduled', `Successfully assigned ${namespace}/${name} to ${nodeName}`)
    refused.delete(uid!)
  }

  async function consider(pod: k8s.Pod): Promise<void> {
    const uid = pod.metadata.uid!
    if (!isWaiting(pod) || binding.has(uid)) return
    const message = unfit(pod, here(), capacity, labels)
    try {
      if (message) return await refuse(pod, message)
      binding.set(uid, pod)
      await bind(pod)
    } catch (error) {
      binding.delete(uid)
      if (isStatus(error, 'NotFound')) return
      log.warn({ err: error, pod: keyOf(pod) }, 'a pod was not bound; trying again')
      clock.after(1000, () => {
        const now = pods.get(pod.metadata.namespace, pod.metadata.name)
        if (now) void consider(now)
      })
    }
  }

  const hasEnded = (pod: k8s.Pod) => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
  return pods.onChange((type, pod, old) => {
    const uid = pod.metadata.uid!
    if (type === 'deleted' || pod.spec.nodeName) binding.delete(uid)
    if (type === 'deleted') refused.delete(uid)
    // Room was made: those that wait may fit now.
    const freed = type === 'deleted' || (hasEnded(pod) && !(old && hasEnded(old)))
    if (freed && refused.size) for (const waiting of pods.list()) void consider(waiting)
    if (type !== 'deleted') void consider(pod)
  })
}

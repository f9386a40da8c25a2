/** What a DaemonSet needs now: one pod on each node that fits. Pure. Source: pkg/controller/daemon/daemon_controller.go, update.go */
import type { k8s } from '@slipway/core/api'
import { fitsNode } from '../node/node-affinity.ts'
import { notReadyKey, type Toleration, unreachableKey, untolerated } from '../node/taints.ts'
import { randomSuffix, suffixed } from '../pods/name-suffix.ts'
import { podFromTemplate } from '../pods/pod-from-template.ts'
import { finishedAt, isAvailable, isReady, isTerminal, millis } from '../pods/pod-state.ts'
import { scaled } from './int-or-percent.ts'
import { revisionLabel, templateHash } from './template-revision.ts'

type DaemonSet = k8s.DaemonSet
type Pod = k8s.Pod
type Node = k8s.Node
export type DaemonSetStatus = NonNullable<DaemonSet['status']>

export interface DaemonSetPlan {
  create: Pod[]
  remove: Pod[]
  /** Of those removed: pods that ended by themselves. */
  ended: Pod[]
  requeueAfterMs?: number
}

const pressures = ['disk-pressure', 'memory-pressure', 'pid-pressure', 'unschedulable']
/** What every daemon bears. Source: AddOrUpdateDaemonPodTolerations of pkg/controller/daemon/util */
const ownTolerations = (spec: k8s.PodSpec): Toleration[] => [
  { key: notReadyKey, operator: 'Exists', effect: 'NoExecute' },
  { key: unreachableKey, operator: 'Exists', effect: 'NoExecute' },
  ...pressures.map(name => ({ key: `node.kubernetes.io/${name}`, operator: 'Exists', effect: 'NoSchedule' })),
  ...(spec.hostNetwork ? [{ key: 'node.kubernetes.io/network-unavailable', operator: 'Exists', effect: 'NoSchedule' }] : []),
]
const tolerationsOf = ({ spec }: DaemonSet): Toleration[] => [
  ...(spec.template.spec?.tolerations ?? []),
  ...ownTolerations(spec.template.spec!),
]

/** May it start there, and may it stay there? A NoSchedule taint only keeps new ones away. */
export function nodeFit(set: DaemonSet, node: Node): { start: boolean; stay: boolean } {
  const spec = set.spec.template.spec!
  const fits = fitsNode(spec, node) && (!spec.nodeName || spec.nodeName === node.metadata.name)
  const taints = node.spec?.taints
  const stay = fits && !untolerated(taints, tolerationsOf(set), ['NoExecute'])
  return { start: stay && !untolerated(taints, tolerationsOf(set), ['NoSchedule']), stay }
}

export const daemonPod = (set: DaemonSet, node: Node): Pod =>
  podFromTemplate(set.spec.template, set, {
    name: suffixed(set.metadata.name, randomSuffix()),
    labels: { [revisionLabel]: templateHash(set.spec.template) },
    // Placed here, not by a scheduler, as before Kubernetes 1.12: where each one goes is not a matter of choice.
    spec: { nodeName: node.metadata.name, tolerations: tolerationsOf(set) },
  })

const againAfterMs = 10_000
const byAge = (a: Pod, b: Pod) => millis(a.metadata.creationTimestamp) - millis(b.metadata.creationTimestamp)
const isLeaving = (pod: Pod) => pod.metadata.deletionTimestamp !== undefined

/** Old pods that may be replaced now, within maxUnavailable. */
function outdated(set: DaemonSet, placed: Map<string, Pod>, nodes: number, now: number): Pod[] {
  if (set.spec.updateStrategy?.type === 'OnDelete') return []
  const hash = templateHash(set.spec.template)
  const most = Math.max(1, scaled(set.spec.updateStrategy?.rollingUpdate?.maxUnavailable, nodes, 'up', 1))
  const isWell = (pod: Pod) => !isLeaving(pod) && isAvailable(pod, set.spec.minReadySeconds ?? 0, now)
  const old = [...placed.values()].filter(pod => !isLeaving(pod) && pod.metadata.labels?.[revisionLabel] !== hash)
  const broken = old.filter(pod => !isWell(pod))
  const missing = nodes - [...placed.values()].filter(isWell).length
  // Replacing what is not available costs no availability.
  return [...broken, ...old.filter(isWell).slice(0, Math.max(0, most - missing))]
}

export function daemonSetPlan(set: DaemonSet, pods: Pod[], nodes: Node[], now: number): DaemonSetPlan {
  const plan: DaemonSetPlan = { create: [], remove: [], ended: [] }
  const placed = new Map<string, Pod>()
  const byNode = Map.groupBy(pods, pod => pod.spec.nodeName ?? '')
  let wanted = 0
  for (const node of nodes) {
    const { start, stay } = nodeFit(set, node)
    const here = byNode.get(node.metadata.name) ?? []
    byNode.delete(node.metadata.name)
    if (start) wanted++
    if (!stay) {
      plan.remove.push(...here.filter(pod => !isLeaving(pod)))
      continue
    }
    const ended = here.filter(pod => isTerminal(pod) && !isLeaving(pod))
    for (const pod of ended) {
      const wait = finishedAt(pod) + againAfterMs - now
      if (wait > 0) plan.requeueAfterMs = Math.min(plan.requeueAfterMs ?? wait, wait)
      else plan.ended.push(pod)
    }
    const [keep, ...twice] = here.filter(pod => !isTerminal(pod) && !isLeaving(pod)).sort(byAge)
    plan.remove.push(...twice)
    if (keep) placed.set(node.metadata.name, keep)
    // The last one must be off the node before the next one comes.
    else if (start && !here.length) plan.create.push(daemonPod(set, node))
  }
  plan.remove.push(...plan.ended)
  if (!plan.create.length) plan.remove.push(...outdated(set, placed, wanted, now))
  return plan
}

export function daemonSetStatus(set: DaemonSet, pods: Pod[], nodes: Node[], now: number): DaemonSetStatus {
  const hash = templateHash(set.spec.template)
  const standing = pods.filter(pod => !isLeaving(pod) && !isTerminal(pod))
  const starts = new Set(nodes.filter(node => nodeFit(set, node).start).map(node => node.metadata.name))
  const onWanted = standing.filter(pod => starts.has(pod.spec.nodeName ?? ''))
  const available = onWanted.filter(pod => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length
  const updated = onWanted.filter(pod => pod.metadata.labels?.[revisionLabel] === hash).length
  const unavailable = starts.size - available
  return {
    currentNumberScheduled: new Set(onWanted.map(pod => pod.spec.nodeName)).size,
    numberMisscheduled: standing.length - onWanted.length,
    desiredNumberScheduled: starts.size,
    numberReady: onWanted.filter(isReady).length,
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    ...(updated > 0 && { updatedNumberScheduled: updated }),
    ...(available > 0 && { numberAvailable: available }),
    ...(unavailable > 0 && { numberUnavailable: unavailable }),
  }
}

/**
 * What a StatefulSet needs now: pods with lasting names, one after the other. Pure. Source: pkg/controller/statefulset/stateful_set_control.go
 * A basic version: no ControllerRevisions (a pod that is lost during an update comes back in the new revision), no claims.
 */
import type { k8s } from '@slipway/core/api'
import { podFromTemplate } from '../pods/pod-from-template.ts'
import { isAvailable, isReady, isTerminal } from '../pods/pod-state.ts'
import { revisionLabel, templateRevision } from './template-revision.ts'

type StatefulSet = k8s.StatefulSet
type Pod = k8s.Pod
export type StatefulSetStatus = NonNullable<StatefulSet['status']>

export interface StatefulSetPlan {
  create: Pod[]
  remove: Pod[]
}

export const ordinalOf = ({ metadata }: StatefulSet, pod: Pod): number => {
  const prefix = `${metadata.name}-`
  const tail = pod.metadata.name.startsWith(prefix) ? pod.metadata.name.slice(prefix.length) : ''
  return /^\d+$/.test(tail) ? Number(tail) : -1
}

const revisionOf = (set: StatefulSet) => templateRevision(set.metadata.name, set.spec.template)
const isOfRevision = (pod: Pod, revision: string) => pod.metadata.labels?.[revisionLabel] === revision

/** Claims are not made here: each becomes a volume that lives as long as the pod. */
const claimVolumes = ({ spec }: StatefulSet): k8s.Volume[] =>
  (spec.volumeClaimTemplates ?? []).map(claim => ({ name: claim.metadata?.name ?? '', emptyDir: {} }))

export function statefulPod(set: StatefulSet, ordinal: number): Pod {
  const name = `${set.metadata.name}-${ordinal}`
  const { volumes = [] } = set.spec.template.spec!
  const claims = claimVolumes(set)
  const kept = volumes.filter(volume => !claims.some(claim => claim.name === volume.name))
  return podFromTemplate(set.spec.template, set, {
    name,
    labels: {
      'apps.kubernetes.io/pod-index': String(ordinal),
      'statefulset.kubernetes.io/pod-name': name,
      [revisionLabel]: revisionOf(set),
    },
    spec: {
      hostname: name,
      ...(set.spec.serviceName && { subdomain: set.spec.serviceName }),
      ...(claims.length && { volumes: [...kept, ...claims] }),
    },
  })
}

const none: StatefulSetPlan = { create: [], remove: [] }

/** Pods that are to be and are not, in order; stops at the first that is not yet well, where order counts. */
function grow(
  set: StatefulSet,
  ordinals: number[],
  byOrdinal: Map<number, Pod>,
  ordered: boolean,
  isWell: (pod: Pod) => boolean,
) {
  const plan: StatefulSetPlan = { create: [], remove: [] }
  let waits = false
  for (const ordinal of ordinals) {
    const pod = byOrdinal.get(ordinal)
    if (!pod) plan.create.push(statefulPod(set, ordinal))
    else if (isTerminal(pod) && !pod.metadata.deletionTimestamp) plan.remove.push(pod)
    if (pod && isWell(pod)) continue
    waits = true
    if (ordered) break
  }
  return { plan, waits }
}

/** The highest ordinal that still has an old revision, once all above it are well. */
function replace(set: StatefulSet, ordinals: number[], byOrdinal: Map<number, Pod>, isWell: (pod: Pod) => boolean): Pod[] {
  const { updateStrategy } = set.spec
  if (updateStrategy?.type === 'OnDelete') return []
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0
  const revision = revisionOf(set)
  for (const ordinal of [...ordinals].reverse()) {
    if (ordinal < partition) return []
    const pod = byOrdinal.get(ordinal)
    if (!pod) return []
    if (!isOfRevision(pod, revision)) return pod.metadata.deletionTimestamp ? [] : [pod]
    if (!isWell(pod)) return []
  }
  return []
}

export function statefulSetPlan(set: StatefulSet, pods: Pod[], now: number): StatefulSetPlan {
  const { replicas = 1, podManagementPolicy = 'OrderedReady', ordinals: given, minReadySeconds = 0 } = set.spec
  const first = given?.start ?? 0
  const ordered = podManagementPolicy === 'OrderedReady'
  const isWell = (pod: Pod) => !pod.metadata.deletionTimestamp && isAvailable(pod, minReadySeconds, now)
  const byOrdinal = new Map(pods.map(pod => [ordinalOf(set, pod), pod]))
  const ordinals = Array.from({ length: replicas }, (_, i) => first + i)

  const { plan, waits } = grow(set, ordinals, byOrdinal, ordered, isWell)
  if (plan.create.length || plan.remove.length) return plan
  const excess = pods.filter(pod => !ordinals.includes(ordinalOf(set, pod))).sort((a, b) => ordinalOf(set, b) - ordinalOf(set, a))
  if (ordered && waits) {
    // A pod that never became well must not keep its own replacement by a better template from coming.
    const stuck = ordinals.map(o => byOrdinal.get(o)).find(pod => pod && !isWell(pod))
    const isOld = stuck && !isReady(stuck) && !isOfRevision(stuck, revisionOf(set)) && !stuck.metadata.deletionTimestamp
    return isOld && set.spec.updateStrategy?.type !== 'OnDelete' ? { create: [], remove: [stuck] } : none
  }
  if (excess.length) {
    const next = ordered ? excess.slice(0, 1) : excess
    return { create: [], remove: next.filter(pod => !pod.metadata.deletionTimestamp) }
  }
  return { create: [], remove: replace(set, ordinals, byOrdinal, isWell) }
}

export function statefulSetStatus(set: StatefulSet, pods: Pod[], now: number): StatefulSetStatus {
  const alive = pods.filter(pod => !isTerminal(pod))
  const standing = alive.filter(pod => !pod.metadata.deletionTimestamp)
  const updateRevision = revisionOf(set)
  const updated = standing.filter(pod => isOfRevision(pod, updateRevision)).length
  const done = updated === (set.spec.replicas ?? 1) && updated === alive.length
  const currentRevision = done ? updateRevision : (set.status?.currentRevision ?? updateRevision)
  const current = standing.filter(pod => isOfRevision(pod, currentRevision)).length
  return {
    ...(set.metadata.generation !== undefined && { observedGeneration: set.metadata.generation }),
    replicas: alive.length,
    readyReplicas: standing.filter(isReady).length,
    availableReplicas: standing.filter(pod => isAvailable(pod, set.spec.minReadySeconds ?? 0, now)).length,
    ...(current > 0 && { currentReplicas: current }),
    ...(updated > 0 && { updatedReplicas: updated }),
    currentRevision,
    updateRevision,
    collisionCount: set.status?.collisionCount ?? 0,
  }
}

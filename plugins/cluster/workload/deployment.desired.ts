/** What a Deployment needs now: a new ReplicaSet, sizes, revisions, history, status. Pure. Source: pkg/controller/deployment (Kubernetes 1.34) */
import type { k8s } from '@slipway/core/api'
import { isTerminal } from '../pods/pod-state.ts'
import { currentSize, isRescale, limitsOf, rescale, type Sized, type Sizes, step, wantedReplicas } from './deployment-scale.ts'
import { type DeploymentStatus, deploymentStatus, isComplete, nextProgressCheckMs } from './deployment-status.ts'
import {
  currentAnnotations,
  desiredKey,
  maxKey,
  newReplicaSet,
  revisionKey,
  revisionOf,
  splitByTemplate,
} from './deployment-template.ts'

type Deployment = k8s.Deployment
type ReplicaSet = k8s.ReplicaSet

export interface DeploymentView {
  deployment: Deployment
  replicaSets: ReplicaSet[]
  podsOf(rs: ReplicaSet): k8s.Pod[]
}
export interface DeploymentPlan {
  create?: ReplicaSet
  /** ReplicaSets as they are to be, beside as they are. */
  update: { from: ReplicaSet; to: ReplicaSet }[]
  remove: ReplicaSet[]
  /** For the Deployment's own revision annotation. */
  revision?: string
  status: DeploymentStatus
  requeueAfterMs?: number
}

const sizeOf = (rs: ReplicaSet) => rs.spec.replicas ?? 1
const sizedOf = (rs: ReplicaSet, isCurrent: boolean): Sized => ({
  name: rs.metadata.name,
  size: sizeOf(rs),
  available: rs.status?.availableReplicas ?? 0,
  annotations: rs.metadata.annotations ?? {},
  isCurrent,
})

const replicaAnnotations = (deployment: Deployment) => ({
  [desiredKey]: String(wantedReplicas(deployment)),
  [maxKey]: String(wantedReplicas(deployment) + limitsOf(deployment).surge),
})

/** Old ReplicaSets beyond the history limit, oldest revision first, once they are empty and the rollout is over. */
function history({ spec }: Deployment, old: ReplicaSet[], over: boolean): ReplicaSet[] {
  if (!over) return []
  const alive = old.filter(rs => !rs.metadata.deletionTimestamp).sort((a, b) => revisionOf(a) - revisionOf(b))
  const excess = Math.max(0, alive.length - (spec.revisionHistoryLimit ?? 10))
  return alive
    .slice(0, excess)
    .filter(
      rs => !rs.status?.replicas && sizeOf(rs) === 0 && (rs.metadata.generation ?? 0) <= (rs.status?.observedGeneration ?? 0),
    )
}

function resized(rs: ReplicaSet, size: number | undefined, annotations: Record<string, string>): ReplicaSet {
  return {
    ...rs,
    metadata: { ...rs.metadata, annotations },
    spec: { ...rs.spec, replicas: size ?? sizeOf(rs) },
  }
}

/** The deployment is not being deleted. */
export function deploymentPlan({ deployment, replicaSets, podsOf }: DeploymentView, now: number): DeploymentPlan {
  const { current, old } = splitByTemplate(deployment, replicaSets)
  const paused = deployment.spec.paused === true
  const revision = Math.max(0, ...old.map(revisionOf)) + 1
  const annotations = currentAnnotations(deployment, current, revision)
  const sizedOld = old.map(rs => sizedOf(rs, false))
  const oldPodsRun =
    deployment.spec.strategy?.type === 'Recreate' && old.some(rs => rs.status?.replicas || podsOf(rs).some(p => !isTerminal(p)))

  const sized = [...sizedOld, ...(current ? [sizedOf(current, true)] : [])]
  const resizes = paused || isRescale(deployment, sized)
  // Recreate starts nothing new before the old is gone; a paused or just rescaled Deployment starts nothing new at all.
  const mayCreate =
    !current && !resizes && !(deployment.spec.strategy?.type === 'Recreate' && (oldPodsRun || sizedOld.some(s => s.size)))
  const create = mayCreate
    ? newReplicaSet(deployment, currentSize(deployment, sizedOld, 0), { ...annotations, ...replicaAnnotations(deployment) })
    : undefined
  const all = create ? [...sizedOld, { ...sizedOf(create, true), available: 0 }] : sized
  const sizes: Sizes = resizes ? rescale(deployment, all) : step(deployment, all, oldPodsRun)

  const next = (rs: ReplicaSet): ReplicaSet => {
    const own = rs === current ? annotations : (rs.metadata.annotations ?? {})
    const size = sizes.get(rs.metadata.name)
    const touched = size !== undefined || (resizes && !paused && sizeOf(rs) > 0)
    const to = resized(rs, size, touched ? { ...own, ...replicaAnnotations(deployment) } : own)
    const { minReadySeconds } = deployment.spec
    if (rs === current && (rs.spec.minReadySeconds ?? 0) !== (minReadySeconds ?? 0))
      to.spec.minReadySeconds = minReadySeconds ?? 0
    return to
  }
  const update = [...(current ? [current] : []), ...old]
    .map(from => ({ from, to: next(from) }))
    .filter(({ from, to }) => differs(from, to))
  const after = new Map(update.map(({ from, to }) => [from, to]))
  const over = paused || (sizes.size === 0 && !create && isComplete(deployment, deployment.status))
  const remove = history(deployment, old, over)

  const shownCurrent = create ?? (current && (after.get(current) ?? current))
  const shown = [...old.map(rs => after.get(rs) ?? rs), ...(shownCurrent ? [shownCurrent] : [])]
  const observed = { replicaSets: shown, ...(shownCurrent && { current: shownCurrent }), isNew: create !== undefined, paused }
  const status = deploymentStatus(deployment, observed, now)
  const shownRevision = shownCurrent?.metadata.annotations?.[revisionKey]
  const requeueAfterMs = nextProgressCheckMs(deployment, status, now)
  return {
    ...(create && { create }),
    update,
    remove,
    ...(shownRevision && shownRevision !== deployment.metadata.annotations?.[revisionKey] && { revision: shownRevision }),
    status,
    ...(requeueAfterMs !== undefined && { requeueAfterMs }),
  }
}

function differs(from: ReplicaSet, to: ReplicaSet): boolean {
  if (sizeOf(from) !== sizeOf(to) || from.spec.minReadySeconds !== to.spec.minReadySeconds) return true
  const before = from.metadata.annotations ?? {}
  return Object.entries(to.metadata.annotations ?? {}).some(([key, value]) => before[key] !== value)
}

/** A Deployment's status and what its conditions say. Pure. Source: pkg/controller/deployment progress.go, sync.go, util/deployment_util.go */
import type { k8s } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { millis } from '../pods/pod-state.ts'
import { limitsOf, wantedReplicas } from './deployment-scale.ts'

type Deployment = k8s.Deployment
export type DeploymentStatus = NonNullable<Deployment['status']>
export type DeploymentCondition = NonNullable<DeploymentStatus['conditions']>[number]

const of = (status: DeploymentStatus | undefined, type: string) => status?.conditions?.find(c => c.type === type)

/** A condition that says the same keeps its times; one whose status stays keeps its transition time. */
function set(conditions: DeploymentCondition[], next: DeploymentCondition, renew = false): DeploymentCondition[] {
  const before = conditions.find(c => c.type === next.type)
  if (before && !renew && before.status === next.status && before.reason === next.reason) return conditions
  if (before?.status === next.status && before.lastTransitionTime) next.lastTransitionTime = before.lastTransitionTime
  return [...conditions.filter(c => c !== before), next]
}
const condition = (type: string, status: string, reason: string, message: string, now: number): DeploymentCondition => ({
  type,
  status,
  reason,
  message,
  lastUpdateTime: rfc3339(now),
  lastTransitionTime: rfc3339(now),
})

export const hasDeadline = ({ spec }: Deployment): boolean =>
  (spec.progressDeadlineSeconds ?? 600) < 2_147_483_647 && spec.progressDeadlineSeconds !== null
const deadlineMs = ({ spec }: Deployment) => (spec.progressDeadlineSeconds ?? 600) * 1000

/** All replicas are of the present template and available, and no old one runs. */
export const isComplete = (deployment: Deployment, status: DeploymentStatus | undefined): boolean => {
  const replicas = wantedReplicas(deployment)
  return (
    (status?.updatedReplicas ?? 0) === replicas &&
    (status?.replicas ?? 0) === replicas &&
    (status?.availableReplicas ?? 0) === replicas &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  )
}

function isProgressing(before: DeploymentStatus | undefined, after: DeploymentStatus): boolean {
  const n = (value: number | undefined) => value ?? 0
  const old = (s: DeploymentStatus | undefined) => n(s?.replicas) - n(s?.updatedReplicas)
  return (
    n(after.updatedReplicas) > n(before?.updatedReplicas) ||
    old(after) < old(before) ||
    n(after.readyReplicas) > n(before?.readyReplicas) ||
    n(after.availableReplicas) > n(before?.availableReplicas)
  )
}

function isTimedOut(deployment: Deployment, status: DeploymentStatus, now: number): boolean {
  const progress = of(status, 'Progressing')
  if (!progress || progress.reason === 'NewReplicaSetAvailable') return false
  if (progress.reason === 'ProgressDeadlineExceeded') return true
  return now > millis(progress.lastUpdateTime) + deadlineMs(deployment)
}

export interface Observed {
  /** The ReplicaSets with the sizes that they are to have; `current` is of the present template. */
  replicaSets: k8s.ReplicaSet[]
  current?: k8s.ReplicaSet
  /** The current one was made in this very pass. */
  isNew: boolean
  paused: boolean
}

function progress(deployment: Deployment, status: DeploymentStatus, { current, isNew, paused }: Observed, now: number) {
  const conditions = status.conditions ?? []
  const before = of(deployment.status, 'Progressing')
  const quoted = current ? `ReplicaSet "${current.metadata.name}"` : `Deployment "${deployment.metadata.name}"`
  const say = (value: string, reason: string, message: string, renew = false) =>
    set(conditions, condition('Progressing', value, reason, message, now), renew)
  if (paused || before?.reason === 'DeploymentPaused') {
    if (before?.reason === 'ProgressDeadlineExceeded') return conditions
    return paused
      ? say('Unknown', 'DeploymentPaused', 'Deployment is paused')
      : say('Unknown', 'DeploymentResumed', 'Deployment is resumed')
  }
  if (isNew) return say('True', 'NewReplicaSetCreated', `Created new replica set "${current?.metadata.name}"`)
  const isDone = status.replicas === status.updatedReplicas && before?.reason === 'NewReplicaSetAvailable'
  if (isDone) return conditions
  if (isComplete(deployment, status)) return say('True', 'NewReplicaSetAvailable', `${quoted} has successfully progressed.`)
  if (isProgressing(deployment.status, status)) return say('True', 'ReplicaSetUpdated', `${quoted} is progressing.`, true)
  if (isTimedOut(deployment, status, now)) return say('False', 'ProgressDeadlineExceeded', `${quoted} has timed out progressing.`)
  if (!before && current) return say('True', 'FoundNewReplicaSet', `Found new replica set "${current.metadata.name}"`)
  return conditions
}

export function deploymentStatus(deployment: Deployment, observed: Observed, now: number): DeploymentStatus {
  const { replicaSets, current } = observed
  const sum = (read: (rs: k8s.ReplicaSet) => number | undefined, list = replicaSets) =>
    list.reduce((total, rs) => total + (read(rs) ?? 0), 0)
  const count = (field: string, n: number) => n > 0 && { [field]: n }
  const available = sum(rs => rs.status?.availableReplicas)
  const terminating = sum(rs => rs.status?.terminatingReplicas)
  const status: DeploymentStatus = {
    ...(deployment.metadata.generation !== undefined && { observedGeneration: deployment.metadata.generation }),
    ...count(
      'replicas',
      sum(rs => rs.status?.replicas),
    ),
    ...count('updatedReplicas', current?.status?.replicas ?? 0),
    ...count(
      'readyReplicas',
      sum(rs => rs.status?.readyReplicas),
    ),
    ...count('availableReplicas', available),
    ...count('unavailableReplicas', sum(rs => rs.spec.replicas) - available),
    ...count('terminatingReplicas', terminating),
    ...(deployment.status?.collisionCount !== undefined && { collisionCount: deployment.status.collisionCount }),
    conditions: deployment.status?.conditions ?? [],
  }
  const enough = available >= wantedReplicas(deployment) - limitsOf(deployment).unavailable
  const availability = enough
    ? condition('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.', now)
    : condition('Available', 'False', 'MinimumReplicasUnavailable', 'Deployment does not have minimum availability.', now)
  status.conditions = set(status.conditions!, availability)
  status.conditions = hasDeadline(deployment)
    ? progress(deployment, status, observed, now)
    : status.conditions.filter(c => c.type !== 'Progressing')
  const failing = [...(current ? [current] : []), ...replicaSets].flatMap(
    rs => rs.status?.conditions?.filter(c => c.type === 'ReplicaFailure') ?? [],
  )[0]
  status.conditions = failing
    ? set(status.conditions, condition('ReplicaFailure', failing.status, failing.reason ?? '', failing.message ?? '', now))
    : status.conditions.filter(c => c.type !== 'ReplicaFailure')
  return status
}

/** When to look whether the deadline has passed; undefined when there is nothing to wait for. Milliseconds. */
export function nextProgressCheckMs(deployment: Deployment, status: DeploymentStatus, now: number): number | undefined {
  const progress = of(status, 'Progressing')
  if (!hasDeadline(deployment) || !progress || deployment.spec.paused) return undefined
  if (progress.reason === 'ProgressDeadlineExceeded' || isComplete(deployment, status)) return undefined
  if (progress.reason === 'NewReplicaSetAvailable') return undefined
  return Math.max(1000, millis(progress.lastUpdateTime) + deadlineMs(deployment) - now + 1000)
}

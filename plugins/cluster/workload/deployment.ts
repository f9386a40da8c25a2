/** The Deployment controller: carries out what `deployment.desired.ts` decides. */
import { controllerOf, isStatus, k8s, keyOf } from '@slipway/core/api'
import { type ReconcileContext, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import { claim, claims } from '../pods/claim.ts'
import { isNamespaceLeaving } from '../pods/create-pod.ts'
import { selects } from '../selector.ts'
import { type DeploymentPlan, deploymentPlan } from './deployment.desired.ts'
import { deploymentStatus } from './deployment-status.ts'
import { isOfTemplate, revisionKey, splitByTemplate } from './deployment-template.ts'

type Deployment = k8s.Deployment
type ReplicaSet = k8s.ReplicaSet

const scaledEvent = (rs: ReplicaSet, from: number, to: number) =>
  `Scaled ${to > from ? 'up' : 'down'} replica set ${rs.metadata.name} from ${from} to ${to}`

/** Another object holds the name: count it as a collision of hashes, so that the next attempt takes another name. */
async function collide(deployment: Deployment, context: ReconcileContext): Promise<never> {
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
  await context.api.updateStatus(k8s.Deployment, { ...deployment, status: { ...deployment.status, collisionCount } })
  throw new Error(`the ReplicaSet's name is taken; trying another one (collision ${collisionCount})`)
}

async function create(deployment: Deployment, rs: ReplicaSet, context: ReconcileContext): Promise<void> {
  try {
    const created = await context.api.create(k8s.ReplicaSet, rs)
    const size = created.spec.replicas ?? 0
    if (size > 0) context.event(deployment, 'Normal', 'ScalingReplicaSet', scaledEvent(created, 0, size))
  } catch (error) {
    if (isNamespaceLeaving(error)) return
    if (!isStatus(error, 'AlreadyExists')) {
      const message = `Failed to create new replica set "${rs.metadata.name}": ${error instanceof Error ? error.message : error}`
      context.event(deployment, 'Warning', 'ReplicaSetCreateError', message)
      throw error
    }
    const there = await context.api.find(k8s.ReplicaSet, rs.metadata)
    const isOurs = there && controllerOf(there)?.uid === deployment.metadata.uid && isOfTemplate(there, deployment)
    if (!isOurs) await collide(deployment, context)
  }
}

/** A patch of just the fields that this controller owns, so that the ReplicaSet controller's status writes never conflict with it. */
async function update(deployment: Deployment, from: ReplicaSet, to: ReplicaSet, context: ReconcileContext): Promise<void> {
  const { replicas, minReadySeconds } = to.spec
  await context.api.patch(k8s.ReplicaSet, from.metadata, 'merge', {
    metadata: { uid: from.metadata.uid, annotations: to.metadata.annotations },
    spec: { replicas, ...(minReadySeconds !== from.spec.minReadySeconds && { minReadySeconds }) },
  })
  const before = from.spec.replicas ?? 1
  if (before !== replicas) context.event(deployment, 'Normal', 'ScalingReplicaSet', scaledEvent(to, before, replicas ?? 1))
}

async function carryOut(deployment: Deployment, plan: DeploymentPlan, context: ReconcileContext): Promise<void> {
  if (plan.create) await create(deployment, plan.create, context)
  for (const { from, to } of plan.update) await update(deployment, from, to, context)
  for (const { metadata } of plan.remove)
    await context.api.delete(k8s.ReplicaSet, metadata, { ...(metadata.uid && { uid: metadata.uid }) }).catch(error => {
      if (!isStatus(error, 'NotFound')) throw error
    })
}

async function write(
  deployment: Deployment,
  status: DeploymentPlan['status'],
  revision: string | undefined,
  context: ReconcileContext,
) {
  const { api } = context
  const current = revision
    ? await api.patch(k8s.Deployment, deployment.metadata, 'merge', {
        metadata: { uid: deployment.metadata.uid, annotations: { [revisionKey]: revision } },
      })
    : deployment
  if (!sameJson(current.status ?? {}, status)) await api.updateStatus(k8s.Deployment, { ...current, status })
}

async function reconcile(deployment: Deployment, context: ReconcileContext) {
  const { read, now } = context
  const orphans = read.list(k8s.ReplicaSet, deployment.metadata.namespace).filter(rs => !controllerOf(rs))
  const candidates = [...read.ownedBy(k8s.ReplicaSet, deployment), ...orphans]
  const replicaSets = await claim(
    k8s.ReplicaSet,
    k8s.Deployment,
    deployment,
    claims(deployment, deployment.spec.selector, candidates),
    context,
  )
  if (deployment.metadata.deletionTimestamp) {
    const { current } = splitByTemplate(deployment, replicaSets)
    const observed = { replicaSets, ...(current && { current }), isNew: false, paused: deployment.spec.paused === true }
    await write(deployment, deploymentStatus(deployment, observed, now), undefined, context)
    return undefined
  }
  const plan = deploymentPlan({ deployment, replicaSets, podsOf: rs => read.ownedBy(k8s.Pod, rs) }, now)
  await carryOut(deployment, plan, context)
  await write(deployment, plan.status, plan.revision, context)
  return plan.requeueAfterMs === undefined ? undefined : { requeueAfterMs: plan.requeueAfterMs }
}

/** The Deployment that waits for the last old pod to end: only Recreate does. */
const waitingFor = (pod: k8s.Pod, read: ReconcileContext['read']): string[] => {
  const owner = controllerOf(pod)
  if (owner?.kind !== 'ReplicaSet') return []
  const rs = read.get(k8s.ReplicaSet, pod.metadata.namespace, owner.name)
  const parent = rs && controllerOf(rs)
  const deployment = parent && read.get(k8s.Deployment, pod.metadata.namespace, parent.name)
  return deployment?.spec.strategy?.type === 'Recreate' ? [keyOf(deployment)] : []
}

export function deploymentReconciler(): Reconciler<Deployment> {
  return {
    name: 'deployment-controller',
    kind: k8s.Deployment,
    owns: [k8s.ReplicaSet],
    watches: [
      watch(k8s.Pod, waitingFor),
      watch(k8s.ReplicaSet, (rs, read) =>
        controllerOf(rs)
          ? []
          : read
              .list(k8s.Deployment, rs.metadata.namespace)
              .filter(d => selects(d.spec.selector, rs.metadata.labels))
              .map(keyOf),
      ),
    ],
    concurrency: 10,
    reconcile: async (deployment, context) => (deployment ? reconcile(deployment, context) : undefined),
  }
}

/** Reconciles PodAutoscalers: reads what the deciders want, tells the target, keeps status and ServerlessService. */
import { type KubeObject, k8s, keyOf, parseDuration, type ResourceKind } from '@slipway/core/api'
import { annotations, labels, PodAutoscaler, ServerlessService } from '@slipway/core/api/serving'
import { applyChild, type Reader, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import type { Deciders, RevisionNow } from './deciders.ts'
import { desiredPodAutoscaler, type PodAutoscalerView } from './pod-autoscaler.desired.ts'
import { type AutoscalerConfig, scalingConfig } from './scaling-config.ts'

const name = 'autoscaler'
type Scalable = KubeObject & { spec?: { replicas?: number } }

/** The resource that is scaled; Deployments in practice, anything with `spec.replicas` in principle. */
function targetKind({ spec: { scaleTargetRef } }: PodAutoscaler): ResourceKind<Scalable> {
  const { apiVersion, kind } = scaleTargetRef
  const slash = apiVersion.indexOf('/')
  return {
    group: slash < 0 ? '' : apiVersion.slice(0, slash),
    version: apiVersion.slice(slash + 1),
    kind,
    resource: `${kind.toLowerCase()}s`,
    namespaced: true,
  }
}
const isReady = (pod: k8s.Pod): boolean =>
  !pod.metadata.deletionTimestamp && (pod.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True') ?? false)

function podsOf(autoscaler: PodAutoscaler, read: Reader): { pods: number; readyPods: number } {
  const { namespace, name: revision } = autoscaler.metadata
  const pods = read.list(k8s.Pod, namespace, { [labels.revision]: revision })
  return { pods: pods.filter(p => !p.metadata.deletionTimestamp).length, readyPods: pods.filter(isReady).length }
}
const replicasOf = (autoscaler: PodAutoscaler, read: Reader): number | undefined => {
  const target = read.get(targetKind(autoscaler), autoscaler.metadata.namespace, autoscaler.spec.scaleTargetRef.name)
  return target && (target.spec?.replicas ?? 1)
}

/** The state that a decision starts from. */
export function revisionNow(autoscaler: PodAutoscaler, read: Reader, config: AutoscalerConfig): RevisionNow {
  const { readyPods } = podsOf(autoscaler, read)
  return { config: scalingConfig(autoscaler, config), readyPods, pods: replicasOf(autoscaler, read) ?? 0 }
}

const defaultActivationTimeout = '600s'
function activationTimeout({ metadata }: PodAutoscaler): number {
  try {
    return parseDuration(metadata.annotations?.[annotations.progressDeadline] ?? defaultActivationTimeout)
  } catch {
    return parseDuration(defaultActivationTimeout)
  }
}

export function podAutoscalerReconciler(deciders: Deciders, config: AutoscalerConfig): Reconciler<PodAutoscaler> {
  const viewOf = (autoscaler: PodAutoscaler, read: Reader): PodAutoscalerView => {
    const { namespace, name: revision } = autoscaler.metadata
    return {
      autoscaler,
      config: scalingConfig(autoscaler, config),
      ...deciders.of(keyOf(autoscaler)),
      replicas: replicasOf(autoscaler, read),
      ...podsOf(autoscaler, read),
      serverless: read.get(ServerlessService, namespace, revision),
      activationTimeoutMs: activationTimeout(autoscaler),
    }
  }
  return {
    name,
    kind: PodAutoscaler,
    owns: [ServerlessService],
    watches: [
      watch(k8s.Pod, pod => {
        const revision = pod.metadata.labels?.[labels.revision]
        return revision ? [`${pod.metadata.namespace}/${revision}`] : []
      }),
      watch(k8s.Deployment, ({ metadata: { namespace, labels: own } }) =>
        own?.[labels.revision] ? [`${namespace}/${own[labels.revision]}`] : [],
      ),
    ],
    concurrency: 8,
    async reconcile(autoscaler, { key, read, api, now, event }) {
      if (!autoscaler || autoscaler.metadata.deletionTimestamp) {
        deciders.forget(key)
        return undefined
      }
      const view = viewOf(autoscaler, read)
      const desired = desiredPodAutoscaler(view, now)
      const { namespace } = autoscaler.metadata
      // First of all: a request may be waiting for it.
      if (desired.replicas !== undefined) {
        const ref = { namespace: namespace!, name: autoscaler.spec.scaleTargetRef.name }
        await api.patch(targetKind(autoscaler), ref, 'merge', { spec: { replicas: desired.replicas } }, { fieldManager: name })
        event(autoscaler, 'Normal', 'Scaled', `from ${view.replicas} to ${desired.replicas} replicas`)
      }
      for (const child of desired.children ?? [])
        await applyChild(ServerlessService, child as ServerlessService, view.serverless, {
          api,
          owner: autoscaler,
          fieldManager: name,
        })
      if (!sameJson(autoscaler.status ?? {}, desired.status))
        await api.updateStatus(PodAutoscaler, { ...autoscaler, status: desired.status! })
      if ((desired.replicas ?? view.replicas ?? 0) > 0) deciders.watch(key)
      return desired.requeueAfterMs === undefined ? undefined : { requeueAfterMs: desired.requeueAfterMs }
    },
  }
}

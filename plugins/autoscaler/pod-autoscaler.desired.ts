/** The status of a PodAutoscaler and its ServerlessService. Source: knative.dev/serving pkg/reconciler/autoscaling/kpa/kpa.go (computeStatus, computeActiveCondition, ReconcileKind) */
import { conditionOf, conditionSet, no, objectOf, type Verdict, waiting, yes } from '@slipway/core/api'
import { type PodAutoscaler, ServerlessService } from '@slipway/core/api/serving'
import type { Desired } from '@slipway/core/runtime'
import { type Scale, scale } from './scale.ts'
import type { ScalingConfig } from './scaling-config.ts'

export interface PodAutoscalerView {
  autoscaler: PodAutoscaler
  config: ScalingConfig
  /** By the load; undefined while nothing is known. */
  wanted: number | undefined
  excessBurstCapacity: number
  /** Replicas that the target is told to have; undefined while there is no target. */
  replicas: number | undefined
  readyPods: number
  pods: number
  serverless: ServerlessService | undefined
  activationTimeoutMs: number
}
export interface PodAutoscalerDesired extends Desired<PodAutoscaler> {
  /** What the target is to be told; undefined leaves it. */
  replicas?: number
}

const conditions = conditionSet('Ready', ['Active', 'ScaleTargetInitialized', 'SKSReady'])
const queued = waiting('Queued', 'Requests to the target are being buffered as resources are provisioned.')
const noTraffic = no('NoTraffic', 'The target is not receiving traffic.')
const notActivated = no('TimedOut', 'The target could not be activated.')

const stateOf = ({ status }: PodAutoscaler) => ({
  active: conditionOf(status?.conditions, 'Active'),
  initialized: conditionOf(status?.conditions, 'ScaleTargetInitialized')?.status === 'True',
})

function activeVerdict(view: PodAutoscalerView, desired: number | undefined): Verdict {
  const { autoscaler, config, readyPods } = view
  const { active, initialized } = stateOf(autoscaler)
  const threshold = initialized ? Math.max(1, config.minScale) : Math.max(config.initialScale, config.minScale)
  if (desired === 0)
    return active?.status === 'Unknown' && active.reason === 'Queued' && readyPods === 0
      ? notActivated
      : keepTimedOut(active?.reason)
  const isWanted = (desired ?? -1) > 0
  if (readyPods < threshold) return isWanted || active?.status !== 'False' ? queued : noTraffic
  return isWanted || active?.status !== 'False' ? yes() : noTraffic
}
/** A target that could not be activated stays named so until it is tried again. */
const keepTimedOut = (reason: string | undefined): Verdict => (reason === 'TimedOut' ? notActivated : noTraffic)

function serverlessOf(autoscaler: PodAutoscaler, mode: ServerlessService['spec']['mode']): ServerlessService {
  const { name, namespace, labels, annotations } = autoscaler.metadata
  return objectOf(ServerlessService, {
    metadata: { name, namespace: namespace!, ...(labels && { labels }), ...(annotations && { annotations }) },
    spec: {
      mode,
      objectRef: autoscaler.spec.scaleTargetRef,
      protocolType: autoscaler.spec.protocolType,
      numActivators: mode === 'Proxy' ? 1 : 0,
    },
  })
}

export function desiredPodAutoscaler(view: PodAutoscalerView, now: number): PodAutoscalerDesired {
  const { autoscaler, config, serverless, replicas } = view
  const { active, initialized } = stateOf(autoscaler)
  const proxied = serverless?.spec.mode === 'Proxy' && conditionOf(serverless.status?.conditions, 'Ready')?.status === 'True'
  const scaled: Scale =
    replicas === undefined
      ? { desired: undefined, replicas: 0 }
      : scale(
          {
            wanted: view.wanted,
            current: replicas,
            active: active?.status,
            activeSince: Date.parse(active?.lastTransitionTime ?? '') || now,
            initialized,
            proxied,
            activationTimeoutMs: view.activationTimeoutMs,
          },
          config,
          now,
        )
  const { desired } = scaled
  const isAtZero = desired === 0 || (desired === undefined && active?.status === 'False')
  const mode = isAtZero || view.excessBurstCapacity < 0 || view.readyPods === 0 ? 'Proxy' : 'Serve'
  const ready = conditionOf(serverless?.status?.conditions, 'Ready')
  const threshold = Math.max(config.initialScale, config.minScale)
  const isInitialized = initialized || (replicas !== undefined && view.readyPods >= threshold)
  return {
    children: [serverlessOf(autoscaler, mode)],
    ...(replicas !== undefined && scaled.replicas !== replicas && { replicas: scaled.replicas }),
    status: {
      observedGeneration: autoscaler.metadata.generation ?? 0,
      conditions: conditions.next(
        autoscaler.status?.conditions,
        {
          Active: activeVerdict(view, desired),
          ScaleTargetInitialized: isInitialized ? yes() : waiting(),
          SKSReady: ready
            ? {
                status: ready.status,
                ...(ready.reason && { reason: ready.reason }),
                ...(ready.message && { message: ready.message }),
              }
            : waiting('NotReconciled', 'the ServerlessService is not made yet'),
        },
        now,
      ),
      serviceName: autoscaler.metadata.name,
      metricsServiceName: `${autoscaler.metadata.name}-private`,
      desiredScale: desired ?? autoscaler.status?.desiredScale ?? -1,
      actualScale: view.readyPods,
    },
    ...(scaled.lookAgainMs !== undefined && { requeueAfterMs: scaled.lookAgainMs }),
  }
}

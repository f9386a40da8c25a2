/** A Revision is a Deployment and a PodAutoscaler. Source: knative.dev/serving pkg/reconciler/revision, pkg/apis/serving/v1/revision_lifecycle.go */
import { conditionOf, conditionSet, type k8s, no, objectOf, parseDuration, type Verdict, waiting, yes } from '@slipway/core/api'
import { annotations, labels, PodAutoscaler, type Revision, servingContainer } from '@slipway/core/api/serving'
import type { Desired } from '@slipway/core/runtime'
import type { ServingConfig } from './config.ts'
import { deploymentName } from './names.ts'
import { deploymentOf, revisionLabels } from './revision.pod.ts'

/** What is known of the images: pinned references by container name, or why one could not be pinned. */
export type Images = { pinned: Map<string, string> } | { problem: string } | { pending: true }

export interface RevisionView {
  revision: Revision
  images: Images
  deployment: k8s.Deployment | undefined
  autoscaler: PodAutoscaler | undefined
  pods: k8s.Pod[]
  config: ServingConfig
}

const conditions = conditionSet('Ready', ['ResourcesAvailable', 'ContainerHealthy'])
const autoscalingPrefix = 'autoscaling.knative.dev/'

function reachabilityOf(revision: Revision): PodAutoscaler['spec']['reachability'] {
  const state = revision.metadata.labels?.[labels.routingState]
  if (state === 'active') return 'Reachable'
  return state === 'reserve' ? 'Unreachable' : ''
}

export function autoscalerOf(revision: Revision): PodAutoscaler {
  const { name, namespace, annotations: given = {} } = revision.metadata
  const { [labels.routingState]: _, ...stable } = revisionLabels(revision)
  return objectOf(PodAutoscaler, {
    metadata: {
      name,
      namespace: namespace!,
      labels: stable,
      annotations: Object.fromEntries(Object.entries(given).filter(([key]) => key.startsWith(autoscalingPrefix))),
    },
    spec: {
      containerConcurrency: revision.spec.containerConcurrency ?? 0,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deploymentName(name) },
      reachability: reachabilityOf(revision),
      protocolType: servingContainer(revision.spec)?.ports?.[0]?.name === 'h2c' ? 'h2c' : 'http1',
    },
  })
}

const pullFailures = new Set(['ErrImagePull', 'ImagePullBackOff', 'InvalidImageName', 'ErrImageNeverPull'])
const statusesOf = (pod: k8s.Pod) => [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])]

/** Why pods do not come up, as far as their containers say. */
function troubleOf(pods: k8s.Pod[]): { ContainerHealthy?: Verdict; ResourcesAvailable?: Verdict } {
  for (const status of pods.flatMap(statusesOf)) {
    const { waiting: held, terminated } = status.state ?? {}
    if (held?.reason && pullFailures.has(held.reason))
      return { ResourcesAvailable: no(held.reason, held.message ?? `the image of container "${status.name}" cannot be pulled`) }
    if (
      held?.reason === 'CreateContainerConfigError' ||
      held?.reason === 'CreateContainerError' ||
      held?.reason === 'RunContainerError'
    )
      return { ResourcesAvailable: no(held.reason, held.message ?? `container "${status.name}" cannot be made`) }
    const ended = terminated ?? (held?.reason === 'CrashLoopBackOff' ? status.lastState?.terminated : undefined)
    if (ended && ended.exitCode !== 0)
      return {
        ContainerHealthy: no(
          `ExitCode${ended.exitCode}`,
          `Container failed with: ${ended.message?.trim() || ended.reason || `exit code ${ended.exitCode}`}`,
        ),
      }
  }
  const unplaced = pods
    .map(pod => (pod.status?.conditions ?? []).find(c => c.type === 'PodScheduled' && c.status === 'False'))
    .find(Boolean)
  if (unplaced) return { ResourcesAvailable: waiting(unplaced.reason ?? 'Unschedulable', unplaced.message ?? '') }
  return {}
}

/** Runs, but does not answer: what to look at. */
function notListening(pods: k8s.Pod[], revision: Revision): string {
  const isUp = pods.some(pod => pod.status?.containerStatuses?.some(c => c.state?.running && !c.ready))
  const port = servingContainer(revision.spec)?.ports?.[0]?.containerPort ?? 8080
  return isUp
    ? `The container runs, but its readiness probe has not passed: does it listen on port ${port} ($PORT), on all addresses?`
    : ''
}

function resourcesVerdict({ deployment, pods, revision }: RevisionView): Verdict {
  const of = (type: string) => deployment?.status?.conditions?.find(c => c.type === type)
  const progressing = of('Progressing')
  const failure = of('ReplicaFailure')
  if (failure?.status === 'True') return no(failure.reason ?? 'ReplicaFailure', failure.message ?? '')
  const hint = notListening(pods, revision)
  if (progressing?.status === 'False')
    return no(progressing.reason ?? 'ProgressDeadlineExceeded', hint || progressing.message || 'Initial scale was never achieved')
  return waiting('Deploying', hint)
}

function verdicts(view: RevisionView): Record<string, Verdict> {
  const { revision, images, deployment, autoscaler, pods } = view
  if ('problem' in images) return { ContainerHealthy: no('ContainerMissing', images.problem), ResourcesAvailable: waiting() }
  if ('pending' in images)
    return { ContainerHealthy: waiting('ResolvingDigests'), ResourcesAvailable: waiting('ResolvingDigests') }
  const active = conditionOf(autoscaler?.status?.conditions, 'Active')
  const activity: Record<string, Verdict> = active
    ? {
        Active: {
          status: active.status,
          severity: 'Info',
          ...(active.reason && { reason: active.reason }),
          ...(active.message && { message: active.message }),
        },
      }
    : {}
  const before = (type: string) => conditionOf(revision.status?.conditions, type)?.status === 'True'
  const available = (deployment?.status?.availableReplicas ?? 0) > 0
  const initialized = conditionOf(autoscaler?.status?.conditions, 'ScaleTargetInitialized')?.status === 'True'
  if (available || initialized || (before('ResourcesAvailable') && before('ContainerHealthy'))) {
    // Once it has answered it is ready, at zero too; but a program that crashes now is not.
    const crash = available ? undefined : troubleOf(pods).ContainerHealthy
    return { ...activity, ResourcesAvailable: yes(), ContainerHealthy: crash ?? yes() }
  }
  const trouble = troubleOf(pods)
  return {
    ...activity,
    ContainerHealthy: trouble.ContainerHealthy ?? waiting(),
    ResourcesAvailable: trouble.ResourcesAvailable ?? resourcesVerdict(view),
  }
}

function scaleOf({ revision, config }: RevisionView): { initialScale: number; progressSeconds: number } {
  const given = revision.metadata.annotations ?? {}
  const initial = Number(given[`${autoscalingPrefix}initial-scale`] ?? config.initialScale)
  const least = Number(given[`${autoscalingPrefix}min-scale`] ?? 0)
  const deadline = given[annotations.progressDeadline] ?? config.progressDeadline
  return { initialScale: Math.max(initial, least), progressSeconds: Math.round(parseDuration(deadline) / 1000) }
}

export function desiredRevision(view: RevisionView, now: number): Desired<Revision> {
  const { revision, images, autoscaler, config } = view
  const { initialScale, progressSeconds } = scaleOf(view)
  const pinned = 'pinned' in images ? images.pinned : undefined
  const digests = (containers: k8s.Container[] = []) =>
    containers.map(({ name }) => ({ name, imageDigest: pinned?.get(name) ?? '' }))
  const { actualScale, desiredScale } = autoscaler?.status ?? {}
  return {
    children: pinned ? [deploymentOf(revision, pinned, initialScale, progressSeconds, config), autoscalerOf(revision)] : [],
    status: {
      observedGeneration: revision.metadata.generation!,
      conditions: conditions.next(revision.status?.conditions, verdicts(view), now),
      ...(pinned && { containerStatuses: digests(revision.spec.containers) }),
      ...(pinned && revision.spec.initContainers && { initContainerStatuses: digests(revision.spec.initContainers) }),
      ...(actualScale !== undefined && { actualReplicas: actualScale }),
      ...(desiredScale !== undefined && desiredScale >= 0 && { desiredReplicas: desiredScale }),
      serviceName: revision.metadata.name,
    },
  }
}

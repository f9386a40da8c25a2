/** The Deployment of a Revision. Source: knative.dev/serving pkg/reconciler/revision/resources/deploy.go */
import { type k8s, k8s as kinds, objectOf } from '@slipway/core/api'
import { defaultPort, labels, type Revision, servingContainer } from '@slipway/core/api/serving'
import type { SeededChild } from '@slipway/core/runtime'
import type { ServingConfig } from './config.ts'
import { deploymentName } from './names.ts'

/** What a Revision's pods and its other children are labelled with. */
export const revisionLabels = (revision: Revision): Record<string, string> => {
  const { name, uid, labels: given = {} } = revision.metadata
  return { ...given, [labels.revision]: name, [labels.revisionUid]: uid!, [labels.app]: name }
}

const portOf = (container: k8s.Container) => container.ports?.[0]?.containerPort ?? defaultPort

/** Probes may leave the port open: it is the container's own. */
function probeAt(port: number, probe: k8s.Probe | undefined): k8s.Probe | undefined {
  if (!probe) return undefined
  const { tcpSocket, httpGet, grpc } = probe
  return {
    ...probe,
    ...(tcpSocket && { tcpSocket: { ...tcpSocket, port: tcpSocket.port || port } }),
    ...(httpGet && { httpGet: { ...httpGet, port: httpGet.port || port } }),
    ...(grpc && { grpc: { ...grpc, port: grpc.port || port } }),
  }
}

function knativeEnv({ metadata }: Revision): k8s.EnvVar[] {
  const { labels: own = {}, name } = metadata
  return [
    { name: 'K_REVISION', value: name },
    { name: 'K_CONFIGURATION', value: own[labels.configuration] ?? '' },
    { name: 'K_SERVICE', value: own[labels.service] ?? '' },
  ]
}

/** The container that answers requests, told its port and its names. */
function servingContainerOf(revision: Revision, container: k8s.Container, image: string): k8s.Container {
  const port = portOf(container)
  const [first, ...others] = container.ports ?? []
  const probes = {
    readinessProbe: probeAt(port, container.readinessProbe),
    livenessProbe: probeAt(port, container.livenessProbe),
    startupProbe: probeAt(port, container.startupProbe),
  }
  return {
    ...container,
    image,
    ports: [{ ...first, name: 'user-port', containerPort: port, protocol: 'TCP' }, ...others],
    env: [...(container.env ?? []), { name: 'PORT', value: String(port) }, ...knativeEnv(revision)],
    // The last lines of the log are what a user wants to see of a crash.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    ...Object.fromEntries(Object.entries(probes).filter(([, probe]) => probe)),
  }
}

/** @param images by container name, pinned to digests */
function podSpecOf(revision: Revision, images: Map<string, string>, config: ServingConfig): k8s.PodSpec {
  const { containerConcurrency, timeoutSeconds, responseStartTimeoutSeconds, idleTimeoutSeconds, ...spec } = revision.spec
  const serving = servingContainer(spec)
  const pinned = (container: k8s.Container) => images.get(container.name) ?? container.image ?? ''
  const others = { terminationMessagePolicy: 'FallbackToLogsOnError' as const }
  return {
    ...spec,
    containers: spec.containers.map(c =>
      c === serving ? servingContainerOf(revision, c, pinned(c)) : { ...others, ...c, image: pinned(c) },
    ),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(c => ({ ...c, image: pinned(c) })) }),
    terminationGracePeriodSeconds: config.drainSeconds,
  }
}

export function deploymentOf(
  revision: Revision,
  images: Map<string, string>,
  initialScale: number,
  progressDeadlineSeconds: number,
  config: ServingConfig,
): SeededChild {
  const all = revisionLabels(revision)
  const { name, namespace, annotations = {} } = revision.metadata
  const podAnnotations = Object.fromEntries(
    Object.entries(annotations).filter(([key]) => !key.startsWith('serving.knative.dev/rout') && key !== 'slipway.dev/applied'),
  )
  const { [labels.routingState]: _, ...stable } = all
  const object = objectOf(kinds.Deployment, {
    metadata: { name: deploymentName(name), namespace: namespace!, labels: stable, annotations: podAnnotations },
    spec: {
      selector: { matchLabels: { [labels.revisionUid]: all[labels.revisionUid]! } },
      progressDeadlineSeconds,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0 } },
      template: { metadata: { labels: stable, annotations: podAnnotations }, spec: podSpecOf(revision, images, config) },
    },
  } as never)
  // Replicas belong to the autoscaler from the first moment on.
  return { object, initially: { spec: { replicas: initialScale } } }
}

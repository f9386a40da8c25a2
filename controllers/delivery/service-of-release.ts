/** The Knative Service that a release is: a template whose name says commit and configuration, and at first the traffic. Pure. */
import { controllerRef, objectOf } from '@slipway/core/api'
import type { Build } from '@slipway/core/api/build'
import type { Repository } from '@slipway/core/api/delivery'
import { type RevisionTemplate, Service, type TrafficTarget } from '@slipway/core/api/serving'
import { deliveryAnnotations, deliveryLabels as labels, revisionNameOf } from '@slipway/core/delivery'

/** On the Service: the revision that was released last. What people change of the Service afterwards stays until the next release. */
export const releasedAnnotation = 'slipway.dev/released'

export const serviceNameOf = ({ spec, metadata }: Repository): string => spec.release.service ?? metadata.name
export const commitOf = (build: Build): string => build.metadata.labels?.[labels.commit] ?? ''

/** `reg:5000/demo/hello@sha256:…` of a name that may have a tag; undefined where the build told no digest. */
export function pinnedImage(build: Build): string | undefined {
  const { name, digest } = build.status?.image ?? {}
  if (!name || !digest) return undefined
  return `${name.replace(/@.*$/, '').replace(/:[^:/]+$/, '')}@${digest}`
}

/** @param image with its digest */
export function templateOf(
  repository: Repository,
  build: Build,
  image: string,
): RevisionTemplate & { metadata: { name: string } } {
  const { release } = repository.spec
  const commit = commitOf(build)
  const { minScale, maxScale } = release
  const container = {
    image,
    ports: [{ containerPort: release.port }],
    ...(release.env && { env: release.env }),
    ...(release.envFrom && { envFrom: release.envFrom }),
    ...(release.resources && { resources: release.resources }),
    ...(release.readinessPath && { readinessProbe: { httpGet: { path: release.readinessPath, port: 0 } } }),
  }
  const spec = {
    containers: [container],
    ...(release.containerConcurrency !== undefined && { containerConcurrency: release.containerConcurrency }),
    ...(release.timeoutSeconds !== undefined && { timeoutSeconds: release.timeoutSeconds }),
    ...(release.serviceAccountName && { serviceAccountName: release.serviceAccountName }),
  } as unknown as RevisionTemplate['spec']
  const scale = {
    ...(minScale !== undefined && { 'autoscaling.knative.dev/min-scale': String(minScale) }),
    ...(maxScale !== undefined && { 'autoscaling.knative.dev/max-scale': String(maxScale) }),
  }
  const branch = build.metadata.annotations?.[deliveryAnnotations.branch] ?? ''
  const name = revisionNameOf(serviceNameOf(repository), commit, JSON.stringify([spec, scale]))
  return {
    metadata: {
      name,
      labels: { [labels.repository]: repository.metadata.name, [labels.commit]: commit },
      annotations: { ...scale, [deliveryAnnotations.commit]: commit, [deliveryAnnotations.branch]: branch },
    },
    spec,
  }
}

/** All requests to whatever is newest and Ready, or, where a Rollout is to decide, to this one revision. */
export const firstTraffic = (revision: string, byRollout: boolean): TrafficTarget[] =>
  byRollout ? [{ revisionName: revision, percent: 100 }] : [{ latestRevision: true, percent: 100 }]

/** Annotations of the Service that speak of its newest release. */
export function releaseAnnotations(build: Build, revision: string): Record<string, string | null> {
  const canary = build.metadata.annotations?.[deliveryAnnotations.canary]
  return { [releasedAnnotation]: revision, [deliveryAnnotations.canary]: canary ? `${revision}=${canary}` : null }
}

export function serviceOf(
  repository: Repository,
  build: Build,
  template: RevisionTemplate & { metadata: { name: string } },
  byRollout: boolean,
): Service {
  const revision = template.metadata.name
  const annotations = Object.fromEntries(
    Object.entries(releaseAnnotations(build, revision)).filter(([, value]) => value !== null),
  )
  return objectOf(Service, {
    metadata: {
      name: serviceNameOf(repository),
      namespace: repository.metadata.namespace!,
      labels: { [labels.repository]: repository.metadata.name },
      annotations: annotations as Record<string, string>,
      ownerReferences: [controllerRef(repository)],
    },
    spec: { template, traffic: firstTraffic(revision, byRollout) },
  })
}

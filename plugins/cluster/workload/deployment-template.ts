/** A Deployment's ReplicaSets: which one is of the present template, and how a new one is made. Pure. Source: pkg/controller/deployment/util */
import { controllerRef, k8s, objectOf } from '@slipway/core/api'
import { canonicalJson, sameJson } from '@slipway/core/runtime'
import { suffixed, suffixOf } from '../pods/name-suffix.ts'
import { millis } from '../pods/pod-state.ts'

type Deployment = k8s.Deployment
type ReplicaSet = k8s.ReplicaSet

export const hashLabel = 'pod-template-hash'
export const revisionKey = 'deployment.kubernetes.io/revision'
export const revisionHistoryKey = 'deployment.kubernetes.io/revision-history'
export const desiredKey = 'deployment.kubernetes.io/desired-replicas'
export const maxKey = 'deployment.kubernetes.io/max-replicas'

const withoutHash = (template: k8s.PodTemplateSpec | undefined) => {
  if (!template) return template
  const { [hashLabel]: _, ...labels } = template.metadata?.labels ?? {}
  const { labels: __, creationTimestamp: ___, ...metadata } = template.metadata ?? {}
  return { ...template, metadata: { ...metadata, labels } }
}
export const isOfTemplate = (rs: ReplicaSet, deployment: Deployment): boolean =>
  sameJson(withoutHash(rs.spec.template), withoutHash(deployment.spec.template))

const byAge = (a: ReplicaSet, b: ReplicaSet) =>
  millis(a.metadata.creationTimestamp) - millis(b.metadata.creationTimestamp) || a.metadata.name.localeCompare(b.metadata.name)

/** The oldest of the present template is the new one (there may be two after an adoption); all others are old, oldest first. */
export function splitByTemplate(deployment: Deployment, all: ReplicaSet[]): { current?: ReplicaSet; old: ReplicaSet[] } {
  const sorted = [...all].sort(byAge)
  const current = sorted.find(rs => isOfTemplate(rs, deployment))
  return { ...(current && { current }), old: sorted.filter(rs => rs !== current) }
}

export const revisionOf = (rs: ReplicaSet): number => Number(rs.metadata.annotations?.[revisionKey] ?? 0) || 0

export function newReplicaSet(deployment: Deployment, replicas: number, annotations: Record<string, string>): ReplicaSet {
  const { metadata, spec } = deployment
  const hash = suffixOf(canonicalJson([withoutHash(spec.template), deployment.status?.collisionCount ?? 0]), 10)
  const labels = { ...spec.template.metadata?.labels, [hashLabel]: hash }
  return objectOf(k8s.ReplicaSet, {
    metadata: {
      name: suffixed(metadata.name, hash, 253),
      ...(metadata.namespace && { namespace: metadata.namespace }),
      labels,
      annotations,
      ownerReferences: [controllerRef(deployment)],
    },
    spec: {
      replicas,
      ...(spec.minReadySeconds !== undefined && { minReadySeconds: spec.minReadySeconds }),
      selector: { ...spec.selector, matchLabels: { ...spec.selector.matchLabels, [hashLabel]: hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  })
}

const notInherited = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  revisionKey,
  revisionHistoryKey,
  desiredKey,
  maxKey,
  'deprecated.deployment.rollback.to',
])

/** The annotations of the current ReplicaSet: the Deployment's own, its revision, and the revisions that it had before. */
export function currentAnnotations(
  deployment: Deployment,
  current: ReplicaSet | undefined,
  revision: number,
): Record<string, string> {
  const inherited = Object.entries(deployment.metadata.annotations ?? {}).filter(([key]) => !notInherited.has(key))
  const before = current?.metadata.annotations ?? {}
  const result = { ...before, ...Object.fromEntries(inherited) }
  const had = current ? revisionOf(current) : 0
  if (had >= revision) return result
  if (had) {
    const history = before[revisionHistoryKey]?.split(',') ?? []
    result[revisionHistoryKey] = [...history, String(had)].slice(-100).join(',')
  }
  result[revisionKey] = String(revision)
  return result
}

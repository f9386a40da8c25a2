/** Defaults of what makes pods. Source: k8s.io/kubernetes pkg/apis/{apps,batch}/v1/defaults.go, pkg/registry/batch/job/strategy.go */
import { each, type Loose, type LooseObject } from '../loose.ts'
import { podTemplate } from './pod.ts'
import { setDefault } from './set-default.ts'

export function deployment({ spec }: LooseObject): void {
  spec.replicas ??= 1
  podTemplate(spec.template)
  spec.strategy ??= {}
  setDefault(spec.strategy, 'type', 'RollingUpdate')
  if (spec.strategy.type === 'RollingUpdate')
    spec.strategy.rollingUpdate = { maxUnavailable: '25%', maxSurge: '25%', ...spec.strategy.rollingUpdate }
  spec.revisionHistoryLimit ??= 10
  spec.progressDeadlineSeconds ??= 600
}

export function replicaSet({ spec }: LooseObject): void {
  spec.replicas ??= 1
  podTemplate(spec.template)
}

export function replicationController(object: LooseObject): void {
  const { spec } = object
  spec.replicas ??= 1
  podTemplate(spec.template)
  const labels = spec.template?.metadata?.labels
  if (!labels) return
  if (!Object.keys(spec.selector ?? {}).length) spec.selector = { ...labels }
  if (!Object.keys(object.metadata.labels ?? {}).length) object.metadata.labels = { ...labels }
}

/** Old clients read the template's generation here. Source: pkg/apis/apps/v1/conversion.go */
const templateGeneration = 'deprecated.daemonset.template.generation'

export function daemonSet({ metadata, spec }: LooseObject, old?: LooseObject): void {
  const known = old?.metadata.annotations?.[templateGeneration] ?? '1'
  metadata.annotations = { ...metadata.annotations, [templateGeneration]: metadata.annotations?.[templateGeneration] ?? known }
  podTemplate(spec.template)
  spec.updateStrategy ??= {}
  setDefault(spec.updateStrategy, 'type', 'RollingUpdate')
  if (spec.updateStrategy.type === 'RollingUpdate')
    spec.updateStrategy.rollingUpdate = { maxUnavailable: 1, maxSurge: 0, ...spec.updateStrategy.rollingUpdate }
  spec.revisionHistoryLimit ??= 10
}

export function statefulSet({ spec }: LooseObject): void {
  podTemplate(spec.template)
  setDefault(spec, 'podManagementPolicy', 'OrderedReady')
  spec.updateStrategy ??= {}
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate'
    spec.updateStrategy.rollingUpdate ??= {}
  }
  if (spec.updateStrategy.type === 'RollingUpdate' && spec.updateStrategy.rollingUpdate)
    spec.updateStrategy.rollingUpdate.partition ??= 0
  spec.persistentVolumeClaimRetentionPolicy = {
    whenDeleted: 'Retain',
    whenScaled: 'Retain',
    ...spec.persistentVolumeClaimRetentionPolicy,
  }
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= 10
  for (const claim of each(spec.volumeClaimTemplates)) {
    setDefault(claim, 'apiVersion', 'v1')
    setDefault(claim, 'kind', 'PersistentVolumeClaim')
    if (claim.spec) setDefault(claim.spec, 'volumeMode', 'Filesystem')
    claim.status = { phase: 'Pending', ...claim.status }
  }
}

function jobDefaults(spec: Loose): void {
  podTemplate(spec.template)
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1
  spec.parallelism ??= 1
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : 2 ** 31 - 1
  setDefault(spec, 'completionMode', 'NonIndexed')
  spec.suspend ??= false
  setDefault(spec, 'podReplacementPolicy', spec.podFailurePolicy ? 'Failed' : 'TerminatingOrFailed')
  spec.manualSelector ??= false
  for (const rule of each(spec.podFailurePolicy?.rules))
    for (const pattern of each(rule.onPodConditions)) setDefault(pattern, 'status', 'True')
}

export function job(object: LooseObject): void {
  const labels = object.spec?.template?.metadata?.labels
  jobDefaults(object.spec)
  if (labels && !Object.keys(object.metadata.labels ?? {}).length) object.metadata.labels = { ...labels }
}

export function cronJob({ spec }: LooseObject): void {
  podTemplate(spec.jobTemplate?.spec?.template)
  setDefault(spec, 'concurrencyPolicy', 'Allow')
  spec.suspend ??= false
  spec.successfulJobsHistoryLimit ??= 3
  spec.failedJobsHistoryLimit ??= 1
}

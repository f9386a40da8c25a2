/** Checks of what makes pods. Source: k8s.io/kubernetes pkg/apis/{apps,batch}/validation */
import { type FieldError, forbidden, invalid, notSupported, required, tooMany } from '../../field-error.ts'
import { each, type Loose, type LooseObject } from '../loose.ts'
import { immutable, intOrPercent, isEmptySelector, labelSelector, nonNegative, oneOf, selectorMatches } from './checks.ts'
import { podTemplateErrors } from './pod-spec.ts'

const knownOperators = ['In', 'NotIn', 'Exists', 'DoesNotExist']
const isReadable = (selector: Loose | null | undefined) =>
  each(selector?.matchExpressions).every(e => knownOperators.includes(e.operator))

function selectorErrors(spec: Loose): FieldError[] {
  if (!spec.selector) return [required('spec.selector')]
  const errors = labelSelector(spec.selector, 'spec.selector')
  if (isEmptySelector(spec.selector))
    errors.push(invalid('spec.selector', spec.selector, 'empty selector is invalid for deployment'))
  return errors
}

/** No selector selects nothing, so nothing matches it. */
const mismatch = (spec: Loose): FieldError[] => {
  const labels = spec.template?.metadata?.labels
  if (spec.selector && (isEmptySelector(spec.selector) || selectorMatches(spec.selector, labels))) return []
  return [invalid('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')]
}

/** Whatever keeps its pods running takes no other policy. */
const alwaysRestarts = (spec: Loose): FieldError[] => {
  const policy = spec.template?.spec?.restartPolicy
  return policy && policy !== 'Always' ? [notSupported('spec.template.spec.restartPolicy', policy, ['Always'])] : []
}

function counts(spec: Loose, fields: string[]): FieldError[] {
  return fields.flatMap(field => nonNegative(spec[field], `spec.${field}`))
}

function templateErrors(spec: Loose): FieldError[] {
  if (!isReadable(spec.selector)) return [invalid('spec.selector', spec.selector, 'invalid label selector')]
  return [...mismatch(spec), ...podTemplateErrors(spec.template, 'spec.template'), ...alwaysRestarts(spec)]
}

function strategyErrors(strategy: Loose | undefined): FieldError[] {
  const { type, rollingUpdate } = strategy ?? {}
  if (type === 'Recreate')
    return rollingUpdate
      ? [forbidden('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")]
      : []
  if (type !== 'RollingUpdate')
    return [notSupported('spec.strategy', { Type: type, RollingUpdate: rollingUpdate ?? null }, ['Recreate', 'RollingUpdate'])]
  const at = 'spec.strategy.rollingUpdate'
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {}
  const errors = [...intOrPercent(maxUnavailable, `${at}.maxUnavailable`), ...intOrPercent(maxSurge, `${at}.maxSurge`)]
  const isZero = (value: unknown) => value === 0 || value === '0%'
  if (isZero(maxUnavailable) && isZero(maxSurge))
    errors.push(invalid(`${at}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  return errors
}

const deploymentCounts = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas', 'unavailableReplicas']

/** Source: ValidateDeploymentStatus */
function statusErrors(status: Loose | undefined): FieldError[] {
  const of = (field: string): number => status?.[field] ?? 0
  const errors = deploymentCounts.flatMap(field => nonNegative(of(field), `status.${field}`))
  for (const field of ['updatedReplicas', 'readyReplicas', 'availableReplicas'])
    if (of(field) > of('replicas')) errors.push(invalid(`status.${field}`, of(field), 'cannot be greater than status.replicas'))
  if (of('availableReplicas') > of('readyReplicas'))
    errors.push(invalid('status.availableReplicas', of('availableReplicas'), 'cannot be greater than readyReplicas'))
  return errors
}

export function deploymentErrors({ spec, status }: LooseObject, old?: LooseObject, subresource = ''): FieldError[] {
  if (subresource === 'status') return statusErrors(status)
  const errors = [
    ...counts(spec, ['replicas']),
    ...selectorErrors(spec),
    ...templateErrors(spec),
    ...strategyErrors(spec.strategy),
    ...counts(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
  ]
  if (spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds <= (spec.minReadySeconds ?? 0))
    errors.push(invalid('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds, 'must be greater than minReadySeconds'))
  return old ? [...errors, ...immutable(spec.selector, old.spec.selector, 'spec.selector')] : errors
}

export function replicaSetErrors({ spec }: LooseObject, old?: LooseObject): FieldError[] {
  const errors = [...counts(spec, ['replicas', 'minReadySeconds']), ...selectorErrors(spec), ...templateErrors(spec)]
  return old ? [...errors, ...immutable(spec.selector, old.spec.selector, 'spec.selector')] : errors
}

export function replicationControllerErrors({ spec }: LooseObject): FieldError[] {
  const selector = { matchLabels: spec.selector }
  const errors = [...counts(spec, ['minReadySeconds', 'replicas'])]
  if (isEmptySelector(selector)) errors.unshift(required('spec.selector'))
  if (!spec.template) return [...errors, required('spec.template')]
  return [...errors, ...templateErrors({ ...spec, selector })]
}

export function daemonSetErrors({ spec }: LooseObject, old?: LooseObject): FieldError[] {
  const errors = [
    ...selectorErrors(spec),
    ...templateErrors(spec),
    ...counts(spec, ['minReadySeconds', 'revisionHistoryLimit']),
    ...oneOf(spec.updateStrategy?.type, ['OnDelete', 'RollingUpdate'], 'spec.updateStrategy.type'),
  ]
  return old ? [...errors, ...immutable(spec.selector, old.spec.selector, 'spec.selector')] : errors
}

const statefulSetMayChange = [
  'minReadySeconds',
  'ordinals',
  'persistentVolumeClaimRetentionPolicy',
  'replicas',
  'revisionHistoryLimit',
  'template',
  'updateStrategy',
]

function statefulSetUpdateErrors(spec: Loose, old: Loose): FieldError[] {
  const fixed = [...new Set([...Object.keys(spec), ...Object.keys(old)])].filter(field => !statefulSetMayChange.includes(field))
  const changed = fixed.some(field => immutable(spec[field], old[field], field).length)
  return changed
    ? [
        forbidden(
          'spec',
          "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        ),
      ]
    : []
}

export function statefulSetErrors({ spec }: LooseObject, old?: LooseObject): FieldError[] {
  return [
    ...oneOf(spec.podManagementPolicy, ['OrderedReady', 'Parallel'], 'spec.podManagementPolicy'),
    ...counts(spec, ['replicas', 'minReadySeconds']),
    ...selectorErrors(spec),
    ...templateErrors(spec),
    ...(old ? statefulSetUpdateErrors(spec, old.spec) : []),
  ]
}

const jobCounts = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'backoffLimitPerIndex',
  'ttlSecondsAfterFinished',
  'maxFailedIndexes',
]
const maxIndexedPods = 100_000

function indexedErrors(spec: Loose, path: string): FieldError[] {
  if (spec.completionMode !== 'Indexed') {
    return spec.backoffLimitPerIndex === undefined
      ? []
      : [invalid(`${path}.backoffLimitPerIndex`, spec.backoffLimitPerIndex, 'requires indexed completion mode')]
  }
  if (spec.completions === undefined) return [required(`${path}.completions`, 'when completion mode is Indexed')]
  const most = `must be less than or equal to ${maxIndexedPods} when completion mode is Indexed`
  return spec.parallelism > maxIndexedPods ? [invalid(`${path}.parallelism`, spec.parallelism, most)] : []
}

function jobSpecErrors(spec: Loose, path: string): FieldError[] {
  const errors = jobCounts.flatMap(field => nonNegative(spec[field], `${path}.${field}`))
  if (spec.completionMode && !['Indexed', 'NonIndexed'].includes(spec.completionMode))
    errors.push(notSupported(`${path}.completionMode`, spec.completionMode, ['NonIndexed', 'Indexed']))
  errors.push(...indexedErrors(spec, path), ...podTemplateErrors(spec.template, `${path}.template`))
  const policy = spec.template?.spec?.restartPolicy
  if (policy !== 'OnFailure' && policy !== 'Never')
    errors.push(required(`${path}.template.spec.restartPolicy`, 'valid values: "OnFailure", "Never"'))
  if (spec.podFailurePolicy && policy !== 'Never')
    errors.push(
      invalid(
        `${path}.podFailurePolicy`,
        spec.podFailurePolicy,
        'only "Never" restartPolicy is supported for jobs with a pod failure policy',
      ),
    )
  if (each(spec.podFailurePolicy?.rules).length > 20)
    errors.push(tooMany(`${path}.podFailurePolicy.rules`, spec.podFailurePolicy.rules.length, 20))
  return errors
}

const isTrue = (o: LooseObject | undefined, type: string): boolean =>
  each(o?.status?.conditions).some(c => c.type === type && c.status === 'True')

/** Each end is announced before it is declared, so that pods are counted once. Source: ValidateJobStatus, getStatusValidationOptions */
function jobStatusErrors(job: LooseObject, old: LooseObject | undefined): FieldError[] {
  const { completionTime, startTime } = job.status ?? {}
  const errors: FieldError[] = []
  const condition = (detail: string): FieldError => ({
    type: 'FieldValueInvalid',
    field: 'status.conditions',
    message: `Invalid value: ${detail}`,
  })
  const ends = (type: string) => isTrue(job, type) && !isTrue(old, type)
  if (ends('Complete') && !isTrue(job, 'SuccessCriteriaMet'))
    errors.push(condition('cannot set Complete=True condition without the SuccessCriteriaMet=true condition'))
  if (ends('Complete') && !completionTime)
    errors.push(required('status.completionTime', 'completionTime is required for Complete jobs'))
  if (ends('Failed') && !isTrue(job, 'FailureTarget'))
    errors.push(condition('cannot set Failed=True condition without the FailureTarget=true condition'))
  if (isTrue(job, 'Complete') && isTrue(job, 'Failed'))
    errors.push(condition('cannot set Complete=True and Failed=true conditions'))
  if ((ends('Complete') || ends('Failed')) && !startTime)
    errors.push(required('status.startTime', 'startTime is required for finished job'))
  return errors
}

export function jobErrors(job: LooseObject, old?: LooseObject, subresource = ''): FieldError[] {
  if (subresource === 'status') return jobStatusErrors(job, old)
  const { spec } = job
  const errors: FieldError[] = []
  if (!spec.selector) errors.push(required('spec.selector'))
  else errors.push(...labelSelector(spec.selector, 'spec.selector'))
  const generated = { matchLabels: { 'batch.kubernetes.io/controller-uid': job.metadata.uid } }
  if (spec.selector && !old && !spec.manualSelector && immutable(spec.selector, generated, '').length)
    errors.push(invalid('spec.selector', spec.selector, '`selector` not auto-generated'))
  if (spec.selector && !selectorMatches(spec.selector, spec.template?.metadata?.labels))
    errors.push(
      invalid(
        'spec.template.metadata.labels',
        spec.template?.metadata?.labels ?? null,
        '`selector` does not match template `labels`',
      ),
    )
  errors.push(...jobSpecErrors(spec, 'spec'))
  if (!old) return errors
  errors.push(
    ...(spec.completionMode === 'Indexed' && spec.parallelism === spec.completions
      ? []
      : immutable(spec.completions, old.spec.completions, 'spec.completions')),
    ...immutable(spec.selector, old.spec.selector, 'spec.selector'),
    ...templateUpdateErrors(job, old),
    ...immutable(spec.completionMode, old.spec.completionMode, 'spec.completionMode'),
    ...immutable(spec.podFailurePolicy, old.spec.podFailurePolicy, 'spec.podFailurePolicy'),
    ...immutable(spec.backoffLimitPerIndex, old.spec.backoffLimitPerIndex, 'spec.backoffLimitPerIndex'),
  )
  return errors
}

const schedulingDirectives = ['nodeSelector', 'tolerations', 'affinity', 'schedulingGates']

/** Only a suspended Job that never started may be given other nodes. */
function templateUpdateErrors({ spec }: LooseObject, old: LooseObject): FieldError[] {
  const { template } = spec
  const before = structuredClone(old.spec.template)
  if (old.spec.suspend && !old.status?.startTime) {
    for (const field of schedulingDirectives) {
      if (template?.spec?.[field] === undefined) delete before.spec[field]
      else before.spec[field] = template.spec[field]
    }
    before.metadata = template?.metadata
  }
  return immutable(template, before, 'spec.template')
}

const scheduleField = /^(\*|\?|\d+|\w+)([-/,*\d\w?]*)$/

/** Five fields, or a `@` shorthand. The controller's parser says more, where it reads it. */
function scheduleErrors(schedule: string | undefined): FieldError[] {
  if (!schedule) return [required('spec.schedule')]
  if (/^@(yearly|annually|monthly|weekly|daily|midnight|hourly|every .+)$/.test(schedule)) return []
  const fields = schedule.trim().split(/\s+/)
  if (fields.length !== 5)
    return [invalid('spec.schedule', schedule, `expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)]
  const wrong = fields.find(field => !scheduleField.test(field))
  return wrong
    ? [
        invalid(
          'spec.schedule',
          schedule,
          `failed to parse int from ${wrong}: strconv.Atoi: parsing ${JSON.stringify(wrong)}: invalid syntax`,
        ),
      ]
    : []
}

function zoneErrors(zone: string | undefined): FieldError[] {
  if (zone === undefined) return []
  if (!zone) return [invalid('spec.timeZone', zone, 'timeZone must be nil or non-empty string')]
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
    return []
  } catch {
    return [invalid('spec.timeZone', zone, `unknown time zone ${zone}`)]
  }
}

export function cronJobErrors({ metadata, spec }: LooseObject, old?: LooseObject): FieldError[] {
  const errors = [
    ...jobSpecErrors(spec.jobTemplate?.spec ?? {}, 'spec.jobTemplate.spec'),
    ...scheduleErrors(spec.schedule),
    ...zoneErrors(spec.timeZone),
    ...counts(spec, ['startingDeadlineSeconds', 'successfulJobsHistoryLimit', 'failedJobsHistoryLimit']),
    ...oneOf(spec.concurrencyPolicy, ['Allow', 'Forbid', 'Replace'], 'spec.concurrencyPolicy'),
  ]
  if (!old && metadata.name.length > 52)
    errors.push(invalid('metadata.name', metadata.name, 'must be no more than 52 characters'))
  return errors
}

/** Checks of pods and of pod templates. Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go, ValidatePodSpec, ValidatePodUpdate */
import { isDeepStrictEqual } from 'node:util'
import { child, duplicate, type FieldError, forbidden, invalid, notSupported, required } from '../../field-error.ts'
import { each, type Loose, type LooseObject } from '../loose.ts'
import { oneOf, problems } from './checks.ts'
import { containerErrors } from './container.ts'
import { annotationErrors, labelErrors } from './metadata.ts'
import { isDns1123Label, isDns1123Subdomain } from './names.ts'
import { volumeErrors } from './volume.ts'

const initOnly = ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']

function containerListErrors(spec: Loose, path: string): FieldError[] {
  const volumes = new Set(each(spec.volumes).map(v => v.name as string))
  const names = new Set<string>()
  const errors: FieldError[] = []
  if (!spec.containers?.length) errors.push(required(child(path, 'containers')))
  for (const [i, c] of each(spec.containers).entries()) {
    const at = `${path}.containers[${i}]`
    errors.push(...containerErrors(c, { path: at, volumes, probed: true }))
    if (c.name && names.has(c.name)) errors.push(duplicate(child(at, 'name'), c.name))
    names.add(c.name)
    if (c.restartPolicy && !each(c.restartPolicyRules).length)
      errors.push(forbidden(child(at, 'restartPolicy'), 'may not be set for non-init containers'))
  }
  for (const [i, c] of each(spec.initContainers).entries()) {
    const at = `${path}.initContainers[${i}]`
    const isSidecar = c.restartPolicy === 'Always'
    errors.push(...containerErrors(c, { path: at, volumes, probed: isSidecar }))
    if (c.restartPolicy && !isSidecar) errors.push(notSupported(child(at, 'restartPolicy'), c.restartPolicy, ['Always']))
    if (c.name && names.has(c.name)) errors.push(duplicate(child(at, 'name'), c.name))
    names.add(c.name)
    for (const field of isSidecar ? [] : initOnly)
      if (c[field]) errors.push(forbidden(child(at, field), 'may not be set for init containers without restartPolicy=Always'))
  }
  return errors
}

const tolerationEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute']

function tolerationErrors(tolerations: unknown, path: string): FieldError[] {
  return each(tolerations as Loose[]).flatMap(({ key, operator, value, effect, tolerationSeconds }, i) => {
    const at = `${path}[${i}]`
    const errors: FieldError[] = []
    if (!key && operator !== 'Exists')
      errors.push(
        invalid(
          child(at, 'operator'),
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (operator && operator !== 'Exists' && operator !== 'Equal')
      errors.push(notSupported(child(at, 'operator'), operator, ['Equal', 'Exists']))
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(invalid(child(at, 'effect'), effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"))
    if (operator === 'Exists' && value)
      errors.push(
        invalid(child(at, 'operator'), { key, operator, value, effect }, "value must be empty when `operator` is 'Exists'"),
      )
    if (effect && !tolerationEffects.includes(effect)) errors.push(notSupported(child(at, 'effect'), effect, tolerationEffects))
    return errors
  })
}

/** @param path such as `spec`, or `spec.template.spec` */
export function podSpecErrors(spec: Loose | undefined, path: string): FieldError[] {
  if (!spec) return [required(child(path, 'containers'))]
  const errors = [
    ...volumeErrors(spec.volumes, child(path, 'volumes')),
    ...containerListErrors(spec, path),
    ...oneOf(spec.restartPolicy, ['Always', 'OnFailure', 'Never'], child(path, 'restartPolicy')),
    ...oneOf(spec.dnsPolicy, ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'], child(path, 'dnsPolicy')),
  ]
  for (const field of ['serviceAccountName', 'nodeName', 'priorityClassName'])
    if (spec[field]) errors.push(...problems(isDns1123Subdomain, child(path, field), spec[field]))
  for (const field of ['hostname', 'subdomain'])
    if (spec[field]) errors.push(...problems(isDns1123Label, child(path, field), spec[field]))
  errors.push(...labelErrors(spec.nodeSelector, child(path, 'nodeSelector')))
  const { activeDeadlineSeconds: deadline } = spec
  if (deadline !== undefined && (deadline < 1 || deadline > 2 ** 31 - 1))
    errors.push(invalid(child(path, 'activeDeadlineSeconds'), deadline, 'must be between 1 and 2147483647, inclusive'))
  for (const [i, ref] of each(spec.imagePullSecrets).entries())
    if (!ref.name) errors.push(required(`${path}.imagePullSecrets[${i}].name`))
  return [...errors, ...tolerationErrors(spec.tolerations, child(path, 'tolerations'))]
}

/** @param path such as `spec.template` */
export function podTemplateErrors(template: Loose | undefined, path: string): FieldError[] {
  return [
    ...labelErrors(template?.metadata?.labels, `${path}.labels`),
    ...annotationErrors(template?.metadata?.annotations, `${path}.annotations`),
    ...podSpecErrors(template?.spec, `${path}.spec`),
  ]
}

const mayChange =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)'

/** The spec with what an update may change taken from the old one. */
function frozen(spec: Loose, old: Loose): Loose {
  const withImages = (list: unknown, before: unknown) =>
    each(list as Loose[]).map((c, i) => ({ ...c, image: each(before as Loose[])[i]?.image }))
  return {
    ...spec,
    containers: withImages(spec.containers, old.containers),
    ...(spec.initContainers && { initContainers: withImages(spec.initContainers, old.initContainers) }),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    terminationGracePeriodSeconds:
      old.terminationGracePeriodSeconds < 0 ? old.terminationGracePeriodSeconds : spec.terminationGracePeriodSeconds,
  }
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

function podUpdateErrors({ spec }: LooseObject, { spec: old }: LooseObject): FieldError[] {
  const errors: FieldError[] = []
  for (const list of ['containers', 'initContainers']) {
    const [now, before] = [each(spec[list]).length, each(old[list]).length]
    if (now !== before) return [forbidden(`spec.${list}`, 'pod updates may not add or remove containers')]
  }
  const kept = each(old.tolerations).every(t =>
    each(spec.tolerations).some(n => isDeepStrictEqual({ ...n, tolerationSeconds: 0 }, { ...t, tolerationSeconds: 0 })),
  )
  if (!kept) errors.push(forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'))
  if (spec.activeDeadlineSeconds === undefined && old.activeDeadlineSeconds !== undefined)
    errors.push(invalid('spec.activeDeadlineSeconds', null, 'must not update from a positive integer to nil value'))
  else if (spec.activeDeadlineSeconds > old.activeDeadlineSeconds)
    errors.push(invalid('spec.activeDeadlineSeconds', spec.activeDeadlineSeconds, 'must be less than or equal to previous value'))
  if (!isDeepStrictEqual(plain(frozen(spec, old)), plain(frozen(old, old)))) errors.push(forbidden('spec', mayChange))
  return errors
}

export function podErrors(pod: LooseObject, old?: LooseObject, subresource = ''): FieldError[] {
  // Through a subresource only what it is for can change.
  if (!old || subresource) return podSpecErrors(pod.spec, 'spec')
  const changed = podUpdateErrors(pod, old)
  return changed.length ? changed : podSpecErrors(pod.spec, 'spec')
}

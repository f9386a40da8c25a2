/**
 * What a revision may not say. Source: knative.dev/serving pkg/apis/serving/k8s_validation.go, revision_validation.go.
 * Init containers, volumes and several containers are allowed without flags.
 */
import { isDeepStrictEqual } from 'node:util'
import type { Container } from '../builtin.ts'
import { at, child, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import type { RevisionSpec } from './revision-spec.ts'

/** Knative's own, never of the user: the pod's life belongs to the platform. */
const forbiddenPodFields = [
  'restartPolicy',
  'hostname',
  'subdomain',
  'nodeName',
  'activeDeadlineSeconds',
  'terminationGracePeriodSeconds',
  'ephemeralContainers',
] as const
const forbiddenContainerFields = ['lifecycle', 'stdin', 'stdinOnce', 'tty', 'volumeDevices'] as const
/** Used by the queue-proxy side-car. */
export const reservedPorts = [8008, 8012, 8013, 8022, 9090, 9091]
const longestTimeoutSeconds = 600

export const sameSpec = (a: RevisionSpec, b: RevisionSpec): boolean => isDeepStrictEqual(a, b)

function containerErrors(container: Container, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!container.image) errors.push(required(child(path, 'image')))
  else if (/\s/.test(container.image)) errors.push(invalid(child(path, 'image'), container.image, 'could not parse reference'))
  for (const field of forbiddenContainerFields)
    if (container[field] !== undefined) errors.push(forbidden(child(path, field), 'must not be set'))
  for (const [i, env] of (container.env ?? []).entries()) {
    const field = at(child(path, 'env'), i)
    if (!env.name) errors.push(required(child(field, 'name')))
    else if (['PORT', 'K_SERVICE', 'K_CONFIGURATION', 'K_REVISION'].includes(env.name))
      errors.push(invalid(child(field, 'name'), env.name, 'is a reserved environment variable'))
  }
  for (const [i, mount] of (container.volumeMounts ?? []).entries())
    if (!mount.mountPath?.startsWith('/'))
      errors.push(invalid(child(at(child(path, 'volumeMounts'), i), 'mountPath'), mount.mountPath, 'must be an absolute path'))
  return errors
}

function portErrors(containers: Container[], path: string): FieldError[] {
  const withPorts = containers.filter(container => container.ports?.length)
  if (containers.length > 1 && withPorts.length === 0)
    return [required(path, 'one container must have a port: the one that answers requests')]
  if (withPorts.length > 1) return [forbidden(child(path, 'ports'), 'only one container may have ports')]
  return (withPorts[0]?.ports ?? []).flatMap((port, i) => {
    const field = at(`${at(path, containers.indexOf(withPorts[0]!))}.ports`, i)
    const errors: FieldError[] = []
    if (i === 0 && port.name && !['http1', 'h2c', 'user-port'].includes(port.name))
      errors.push(invalid(child(field, 'name'), port.name, 'Port name must be empty, or one of: [h2c http1]'))
    if (reservedPorts.includes(port.containerPort))
      errors.push(invalid(child(field, 'containerPort'), port.containerPort, 'is a reserved port'))
    return errors
  })
}

/** @param path of the revision's spec, such as `spec.template.spec` */
export function revisionErrors(spec: RevisionSpec, path: string): FieldError[] {
  const containers = spec.containers ?? []
  const here = child(path, 'containers')
  const errors: FieldError[] = containers.length ? [] : [required(here)]
  for (const [i, container] of containers.entries()) errors.push(...containerErrors(container, at(here, i)))
  for (const field of forbiddenPodFields)
    if (spec[field] !== undefined) errors.push(forbidden(child(path, field), 'must not be set'))
  errors.push(...portErrors(containers, here))
  const { timeoutSeconds, responseStartTimeoutSeconds, idleTimeoutSeconds } = spec
  if (timeoutSeconds !== undefined && timeoutSeconds > longestTimeoutSeconds)
    errors.push(
      invalid(child(path, 'timeoutSeconds'), timeoutSeconds, `expected 0 <= ${timeoutSeconds} <= ${longestTimeoutSeconds}`),
    )
  for (const [name, value] of Object.entries({ responseStartTimeoutSeconds, idleTimeoutSeconds }))
    if (value !== undefined && timeoutSeconds !== undefined && value > timeoutSeconds)
      errors.push(invalid(child(path, name), value, `must not be more than timeoutSeconds (${timeoutSeconds})`))
  return errors
}

/** Checks of containers: names, images, ports, variables, mounts, probes, resources. Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  invalid,
  notFoundValue,
  notSupported,
  required,
} from '../../field-error.ts'
import { compareQuantities } from '../../quantity.ts'
import { each, type Loose } from '../loose.ts'
import { named, nonNegative, oneOf, portNumberOrName, problems, quantities } from './checks.ts'
import {
  isConfigKey,
  isDns1123Label,
  isDns1123Subdomain,
  isEnvName,
  isHttpHeaderName,
  isPortName,
  isQualifiedName,
  portNumberProblem,
} from './names.ts'

export interface ContainerPlace {
  path: string
  volumes: ReadonlySet<string>
  /** Whether the container runs beside others and may be probed: not so for init containers that end. */
  probed: boolean
}

const sourceNames = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef']
const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
]
/** Known, but not to environment variables. Source: ConvertDownwardAPIFieldLabel */
const otherFields = ['metadata.annotations', 'metadata.labels', 'spec.restartPolicy', 'spec.schedulerName', 'status.phase']

function fieldRefErrors({ apiVersion, fieldPath }: Loose, path: string): FieldError[] {
  if (!apiVersion) return [required(`${path}.apiVersion`)]
  if (!fieldPath) return [required(`${path}.fieldPath`)]
  const subscript = /^(metadata\.(?:labels|annotations))\['(.+)'\]$/.exec(fieldPath)
  if (subscript || envFields.includes(fieldPath)) return []
  if (!otherFields.includes(fieldPath))
    return [invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`)]
  return [notSupported(`${path}.fieldPath`, fieldPath, envFields)]
}

function valueFromErrors({ value, valueFrom: from }: Loose, path: string): FieldError[] {
  if (!from) return []
  const errors: FieldError[] = []
  if (from.fieldRef) errors.push(...fieldRefErrors(from.fieldRef, `${path}.fieldRef`))
  if (from.resourceFieldRef && !from.resourceFieldRef.resource) errors.push(required(`${path}.resourceFieldRef.resource`))
  for (const kind of ['configMapKeyRef', 'secretKeyRef']) {
    const ref = from[kind]
    if (!ref) continue
    errors.push(...named(isDns1123Subdomain, `${path}.${kind}.name`, ref.name))
    errors.push(...named(isConfigKey, `${path}.${kind}.key`, ref.key))
  }
  const given = [...sourceNames, 'fileKeyRef'].filter(name => from[name])
  if (!given.length)
    errors.push(invalid(path, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'))
  else if (value) errors.push(invalid(path, '', 'may not be specified when `value` is not empty'))
  else if (given.length > 1) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
  return errors
}

const envErrors = (env: unknown, path: string): FieldError[] =>
  each(env as Loose[]).flatMap((variable, i) => [
    ...named(isEnvName, `${path}[${i}].name`, variable.name),
    ...valueFromErrors(variable, `${path}[${i}].valueFrom`),
  ])

function envFromErrors(list: unknown, path: string): FieldError[] {
  return each(list as Loose[]).flatMap(({ prefix, configMapRef, secretRef }, i) => {
    const at = `${path}[${i}]`
    const errors = prefix ? problems(isEnvName, `${at}.prefix`, prefix) : []
    if (configMapRef) errors.push(...named(isDns1123Subdomain, `${at}.configMapRef.name`, configMapRef.name))
    if (secretRef) errors.push(...named(isDns1123Subdomain, `${at}.secretRef.name`, secretRef.name))
    if (!configMapRef && !secretRef) errors.push(invalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'))
    else if (configMapRef && secretRef) errors.push(invalid(path, '', 'may not have more than one field specified at a time'))
    return errors
  })
}

const protocols = ['SCTP', 'TCP', 'UDP']

function portErrors(ports: unknown, path: string): FieldError[] {
  const names = new Set<string>()
  return each(ports as Loose[]).flatMap(({ name, containerPort, hostPort, protocol }, i) => {
    const at = `${path}[${i}]`
    const errors: FieldError[] = []
    if (name) {
      const wrong = problems(isPortName, `${at}.name`, name)
      if (wrong.length) errors.push(...wrong)
      else if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
      names.add(name)
    }
    if (!containerPort) errors.push(required(`${at}.containerPort`))
    else errors.push(...portNumberProblem(containerPort).map(m => invalid(`${at}.containerPort`, containerPort, m)))
    if (hostPort) errors.push(...portNumberProblem(hostPort).map(m => invalid(`${at}.hostPort`, hostPort, m)))
    return [...errors, ...oneOf(protocol, protocols, `${at}.protocol`)]
  })
}

function mountErrors(mounts: unknown, volumes: ReadonlySet<string>, path: string): FieldError[] {
  const paths = new Set<string>()
  return each(mounts as Loose[]).flatMap(({ name, mountPath, subPath, subPathExpr }, i) => {
    const at = `${path}[${i}]`
    const errors: FieldError[] = []
    if (!name) errors.push(required(`${at}.name`))
    if (!volumes.has(name)) errors.push(notFoundValue(`${at}.name`, name ?? ''))
    if (!mountPath) errors.push(required(`${at}.mountPath`))
    if (mountPath && paths.has(mountPath)) errors.push(invalid(`${at}.mountPath`, mountPath, 'must be unique'))
    paths.add(mountPath)
    if (subPath) errors.push(...localPathErrors(subPath, `${at}.subPath`))
    if (subPath && subPathExpr)
      errors.push(invalid(`${at}.subPathExpr`, subPathExpr, 'subPathExpr and subPath are mutually exclusive'))
    return errors
  })
}

/** A path that stays within its volume. Source: validateLocalDescendingPath */
export function localPathErrors(target: string, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (target.startsWith('/')) errors.push(invalid(path, target, 'must be a relative path'))
  if (target.split('/').includes('..')) errors.push(invalid(path, target, "must not contain '..'"))
  return errors
}

const handlerChecks: Record<string, (handler: Loose, path: string) => FieldError[]> = {
  exec: ({ command }, path) => (command?.length ? [] : [required(child(path, 'command'))]),
  httpGet: ({ path: target, port, scheme, httpHeaders }, path) => [
    ...(target ? [] : [required(child(path, 'path'))]),
    ...portNumberOrName(port, child(path, 'port')),
    ...(['HTTP', 'HTTPS'].includes(scheme) ? [] : [notSupported(child(path, 'scheme'), scheme ?? '', ['HTTP', 'HTTPS'])]),
    ...each(httpHeaders).flatMap(h => problems(isHttpHeaderName, child(path, 'httpHeaders'), h.name ?? '')),
  ],
  tcpSocket: ({ port }, path) => portNumberOrName(port, child(path, 'port')),
  grpc: ({ port }, path) => portNumberOrName(port, child(path, 'port')),
  sleep: ({ seconds }, path) => (seconds > 0 ? [] : nonNegative(seconds, path)),
}

function handlerErrors(handler: Loose, path: string): FieldError[] {
  const given = Object.keys(handlerChecks).filter(name => handler[name])
  if (!given.length) return [required(path, 'must specify a handler type')]
  return given.flatMap((name, i) =>
    i
      ? [forbidden(child(path, name), 'may not specify more than 1 handler type')]
      : handlerChecks[name]!(handler[name], child(path, name)),
  )
}

function probeErrors(probe: Loose | undefined, path: string, once: boolean): FieldError[] {
  if (!probe) return []
  const errors = handlerErrors(probe, path)
  for (const field of ['initialDelaySeconds', 'timeoutSeconds', 'periodSeconds', 'successThreshold', 'failureThreshold'])
    errors.push(...nonNegative(probe[field], child(path, field)))
  if (probe.terminationGracePeriodSeconds !== undefined && probe.terminationGracePeriodSeconds <= 0)
    errors.push(
      invalid(child(path, 'terminationGracePeriodSeconds'), probe.terminationGracePeriodSeconds, 'must be greater than 0'),
    )
  if (once && probe.successThreshold > 1)
    errors.push(invalid(child(path, 'successThreshold'), probe.successThreshold, 'must be 1'))
  return errors
}

const standardResources = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/

/** Others are named with the domain of whoever provides them. */
const resourceNameErrors = (list: Record<string, string> | undefined, path: string): FieldError[] =>
  Object.keys(list ?? {}).flatMap(name => {
    if (standardResources.test(name)) return []
    const at = `${path}[${name}]`
    if (name.includes('/')) return problems(isQualifiedName, at, name)
    return [
      invalid(at, name, 'must be a standard resource for containers'),
      invalid(at, name, 'must be a standard resource type or fully qualified'),
    ]
  })

function resourceErrors(resources: Loose | undefined, path: string): FieldError[] {
  const { limits, requests } = resources ?? {}
  const errors = [limits, requests].flatMap((list, i) => {
    const at = child(path, i ? 'requests' : 'limits')
    return [...resourceNameErrors(list, at), ...quantities(list, at)]
  })
  for (const [name, request] of Object.entries((requests ?? {}) as Record<string, string>)) {
    const limit = limits?.[name]
    if (limit !== undefined && compareQuantities(request, limit) > 0)
      errors.push(invalid(child(path, 'requests'), request, `must be less than or equal to ${name} limit of ${limit}`))
  }
  return errors
}

/** Of a container of any list; what differs between the lists is in `pod-spec.ts`. */
export function containerErrors(c: Loose, { path, volumes, probed }: ContainerPlace): FieldError[] {
  const errors = named(isDns1123Label, child(path, 'name'), c.name)
  if (!c.image) errors.push(required(child(path, 'image')))
  else if (c.image !== c.image.trim())
    errors.push(invalid(child(path, 'image'), c.image, 'must not have leading or trailing whitespace'))
  errors.push(
    ...oneOf(c.terminationMessagePolicy, ['FallbackToLogsOnError', 'File'], child(path, 'terminationMessagePolicy')),
    ...portErrors(c.ports, child(path, 'ports')),
    ...envErrors(c.env, child(path, 'env')),
    ...envFromErrors(c.envFrom, child(path, 'envFrom')),
    ...mountErrors(c.volumeMounts, volumes, child(path, 'volumeMounts')),
    ...oneOf(c.imagePullPolicy, ['Always', 'IfNotPresent', 'Never'], child(path, 'imagePullPolicy')),
    ...resourceErrors(c.resources, child(path, 'resources')),
  )
  if (!probed) return errors
  for (const hook of ['postStart', 'preStop'])
    if (c.lifecycle?.[hook]) errors.push(...handlerErrors(c.lifecycle[hook], `${path}.lifecycle.${hook}`))
  errors.push(
    ...probeErrors(c.livenessProbe, child(path, 'livenessProbe'), true),
    ...probeErrors(c.readinessProbe, child(path, 'readinessProbe'), false),
    ...probeErrors(c.startupProbe, child(path, 'startupProbe'), true),
  )
  return errors
}

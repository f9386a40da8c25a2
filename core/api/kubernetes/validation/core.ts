/** Checks of the core group's other kinds. Source: k8s.io/kubernetes pkg/apis/core/validation/validation.go */

import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { duplicate, type FieldError, forbidden, invalid, notSupported, required, tooLong } from '../../field-error.ts'
import { each, type Loose, type LooseObject } from '../loose.ts'
import { oneOf, portNumberOrName, problems, quantities } from './checks.ts'
import { labelErrors } from './metadata.ts'
import { isConfigKey, isDns1123Label, isDns1123Subdomain, portNumberProblem } from './names.ts'

const maxDataBytes = 1024 * 1024
const frozenData = 'field is immutable when `immutable` is set'

function sealedErrors(object: LooseObject, old: LooseObject | undefined, fields: string[]): FieldError[] {
  if (!old?.immutable) return []
  const errors: FieldError[] = object.immutable ? [] : [forbidden('immutable', frozenData)]
  for (const field of fields)
    if (!isDeepStrictEqual(object[field] ?? {}, old[field] ?? {})) errors.push(forbidden(field, frozenData))
  return errors
}

function keyErrors(data: Record<string, string> | undefined, path: string): FieldError[] {
  return Object.keys(data ?? {}).flatMap(key => problems(isConfigKey, `${path}[${key}]`, key))
}
const sizeOf = (data: Record<string, string> | undefined, ratio = 1): number =>
  Object.values(data ?? {}).reduce((sum, value) => sum + Math.floor(Buffer.byteLength(value) * ratio), 0)

export function configMapErrors(object: LooseObject, old?: LooseObject): FieldError[] {
  const { data, binaryData } = object
  const errors = [
    ...sealedErrors(object, old, ['data', 'binaryData']),
    ...keyErrors(data, 'data'),
    ...keyErrors(binaryData, 'binaryData'),
  ]
  for (const key of Object.keys(binaryData ?? {}))
    if (data?.[key] !== undefined) errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
  if (sizeOf(data) + sizeOf(binaryData, 3 / 4) > maxDataBytes) errors.push(tooLong('[]', maxDataBytes))
  return errors
}

/** What some types of Secret must hold. */
const secretFields: Record<string, string[]> = {
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
}

export function secretErrors(object: LooseObject, old?: LooseObject): FieldError[] {
  const errors = [...sealedErrors(object, old, ['data']), ...keyErrors(object.data, 'data')]
  if (old && object.type !== old.type) errors.push(invalid('type', object.type, 'field is immutable'))
  if (sizeOf(object.data, 3 / 4) > maxDataBytes) errors.push(tooLong('data', maxDataBytes))
  for (const field of secretFields[object.type] ?? [])
    if (object.data?.[field] === undefined) errors.push(required(`data[${field}]`))
  if (object.type === 'kubernetes.io/basic-auth' && object.data?.username === undefined && object.data?.password === undefined)
    errors.push(required('data[username]'), required('data[password]'))
  if (
    object.type === 'kubernetes.io/service-account-token' &&
    !object.metadata.annotations?.['kubernetes.io/service-account.name']
  )
    errors.push(required('metadata.annotations[kubernetes.io/service-account.name]'))
  for (const field of ['.dockerconfigjson', '.dockercfg']) {
    if (!secretFields[object.type]?.includes(field) || object.data?.[field] === undefined) continue
    const wrong = jsonProblem(Buffer.from(object.data[field], 'base64').toString())
    if (wrong) errors.push(invalid(`data[${field}]`, '<secret contents redacted>', wrong))
  }
  return errors
}

function jsonProblem(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch {
    return text ? `invalid character '${text.trim()[0]}' looking for beginning of value` : 'unexpected end of JSON input'
  }
}

const serviceTypes = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const protocols = ['SCTP', 'TCP', 'UDP']

function servicePortErrors(spec: Loose): FieldError[] {
  const ports = each(spec.ports)
  const errors: FieldError[] = []
  const names = new Set<string>()
  const taken = new Map<string, number>()
  for (const [i, { name, port, protocol, targetPort, nodePort }] of ports.entries()) {
    const at = `spec.ports[${i}]`
    if (ports.length > 1 && !name) errors.push(required(`${at}.name`))
    else if (name) {
      errors.push(...problems(isDns1123Label, `${at}.name`, name))
      if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
      names.add(name)
    }
    errors.push(...portNumberProblem(port ?? 0).map(m => invalid(`${at}.port`, port ?? 0, m)))
    errors.push(...oneOf(protocol, protocols, `${at}.protocol`), ...portNumberOrName(targetPort, `${at}.targetPort`))
    if (nodePort && spec.type === 'ClusterIP')
      errors.push(forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'"))
    const key = `${protocol}/${port}`
    // Go's own names: the message shows the internal type, without name and target.
    const shown = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    if (taken.has(key)) errors.push(duplicate(at, shown))
    taken.set(key, i)
  }
  return errors
}

export function serviceErrors({ spec }: LooseObject, old?: LooseObject): FieldError[] {
  const errors: FieldError[] = []
  const isHeadless = spec.clusterIP === 'None' || spec.type === 'ExternalName'
  if (!spec.ports?.length && !isHeadless) errors.push(required('spec.ports'))
  if (spec.type === 'ExternalName') {
    if (spec.clusterIP) errors.push(forbidden('spec.clusterIPs[0]', "may not be set when `type` is 'ExternalName'"))
    if (!spec.externalName) errors.push(required('spec.externalName'))
    else errors.push(...problems(isDns1123Subdomain, 'spec.externalName', spec.externalName.replace(/\.$/, '')))
  }
  errors.push(...servicePortErrors(spec), ...labelErrors(spec.selector, 'spec.selector'))
  errors.push(...oneOf(spec.sessionAffinity, ['ClientIP', 'None'], 'spec.sessionAffinity'))
  if (!serviceTypes.includes(spec.type)) errors.push(notSupported('spec.type', spec.type, serviceTypes))
  for (const [i, ip] of (spec.clusterIPs ?? []).entries())
    if (ip && ip !== 'None' && !isIP(ip))
      errors.push(invalid(`spec.clusterIPs[${i}]`, ip, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'))
  if (spec.clusterIP && spec.clusterIPs && spec.clusterIPs[0] !== spec.clusterIP)
    errors.push(invalid('spec.clusterIPs', spec.clusterIPs, 'first value must match `clusterIP`'))
  return old ? [...errors, ...addressUpdateErrors(spec, old.spec)] : errors
}

function addressUpdateErrors(spec: Loose, old: Loose): FieldError[] {
  const keepsAddress = old.type !== 'ExternalName' && spec.type !== 'ExternalName'
  if (!keepsAddress || !old.clusterIP || spec.clusterIP === old.clusterIP) return []
  return [invalid('spec.clusterIPs[0]', spec.clusterIPs ?? [], 'may not change once set')]
}

export function nodeErrors({ spec }: LooseObject, old?: LooseObject): FieldError[] {
  const before = old?.spec?.podCIDRs
  return before?.length && !isDeepStrictEqual(spec?.podCIDRs, before)
    ? [forbidden('spec.podCIDRs', 'node updates may not change podCIDR except from "" to valid')]
    : []
}

export function namespaceErrors(object: LooseObject): FieldError[] {
  return each(object.spec?.finalizers).flatMap((finalizer, i) =>
    String(finalizer).includes('/') || String(finalizer) === 'kubernetes'
      ? []
      : [invalid(`spec.finalizers[${i}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')],
  )
}

function addressErrors(address: Loose, path: string): FieldError[] {
  return isIP(address.ip ?? '')
    ? []
    : [invalid(`${path}.ip`, address.ip ?? '', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
}

export function endpointsErrors(object: LooseObject): FieldError[] {
  return each(object.subsets).flatMap((subset, i) => {
    const at = `subsets[${i}]`
    const addresses = [...each(subset.addresses), ...each(subset.notReadyAddresses)]
    return [
      ...(addresses.length ? [] : [required(at, 'must specify `addresses` or `notReadyAddresses`')]),
      ...each(subset.addresses).flatMap((a, j) => addressErrors(a, `${at}.addresses[${j}]`)),
      ...each(subset.ports).flatMap((p, j) =>
        portNumberProblem(p.port ?? 0).map(m => invalid(`${at}.ports[${j}].port`, p.port ?? 0, m)),
      ),
    ]
  })
}

export function eventErrors(object: LooseObject): FieldError[] {
  const { metadata, involvedObject } = object
  const expected = involvedObject?.namespace || 'default'
  return metadata.namespace &&
    metadata.namespace !== expected &&
    !(metadata.namespace === 'kube-system' && !involvedObject?.namespace)
    ? [invalid('involvedObject.namespace', involvedObject?.namespace ?? '', 'does not match event.namespace')]
    : []
}

export function resourceQuotaErrors({ spec }: LooseObject): FieldError[] {
  return quantities(spec?.hard, 'spec.hard')
}

export function persistentVolumeClaimErrors({ spec }: LooseObject): FieldError[] {
  const errors: FieldError[] = []
  if (!spec?.accessModes?.length) errors.push(required('spec.accessModes', 'at least 1 access mode is required'))
  if (spec?.resources?.requests?.storage === undefined) errors.push(required('spec.resources[storage]'))
  return errors
}

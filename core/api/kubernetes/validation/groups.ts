/** Checks of the smaller API groups. Source: k8s.io/kubernetes pkg/apis/GROUP/validation */
import { isIP } from 'node:net'
import { type FieldError, forbidden, invalid, notSupported, required } from '../../field-error.ts'
import { each, type Loose, type LooseObject } from '../loose.ts'
import { immutable, intOrPercent, labelSelector, nonNegative, oneOf, problems } from './checks.ts'
import { isDns1123Label, isDns1123Subdomain, isPortName } from './names.ts'

const addressTypes = ['FQDN', 'IPv4', 'IPv6']

export function endpointSliceErrors(object: LooseObject, old?: LooseObject): FieldError[] {
  const errors = oneOf(object.addressType, addressTypes, 'addressType')
  if (old) errors.push(...immutable(object.addressType, old.addressType, 'addressType'))
  for (const [i, { addresses }] of each(object.endpoints).entries()) {
    const at = `endpoints[${i}].addresses`
    if (!addresses?.length) errors.push(required(at, 'must contain at least 1 address'))
    for (const [j, address] of (addresses ?? []).entries())
      errors.push(...sliceAddressErrors(object.addressType, address, `${at}[${j}]`))
  }
  const names = new Set<string>()
  for (const [i, { name = '', protocol }] of each(object.ports).entries()) {
    if (names.has(name))
      errors.push({ type: 'FieldValueDuplicate', field: `ports[${i}].name`, message: `Duplicate value: ${JSON.stringify(name)}` })
    names.add(name)
    if (name) errors.push(...problems(isDns1123Label, `ports[${i}].name`, name))
    errors.push(...oneOf(protocol, ['SCTP', 'TCP', 'UDP'], `ports[${i}].protocol`))
  }
  return errors
}

function sliceAddressErrors(type: string, address: string, path: string): FieldError[] {
  if (type === 'FQDN') return problems(isDns1123Subdomain, path, address)
  const version = isIP(address)
  if (!version) return [invalid(path, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  if (version === (type === 'IPv4' ? 4 : 6)) return []
  return [invalid(path, address, type === 'IPv4' ? 'must be an IPv4 address' : 'must be an IPv6 address')]
}

export function horizontalPodAutoscalerErrors({ spec }: LooseObject): FieldError[] {
  const errors: FieldError[] = []
  const { minReplicas, maxReplicas = 0, scaleTargetRef: target } = spec
  if (minReplicas !== undefined && minReplicas < 1)
    errors.push(invalid('spec.minReplicas', minReplicas, 'must be greater than or equal to 1'))
  if (maxReplicas < 1) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than 0'))
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'))
  if (!target?.kind) errors.push(required('spec.scaleTargetRef.kind'))
  if (!target?.name) errors.push(required('spec.scaleTargetRef.name'))
  return errors
}

export function podDisruptionBudgetErrors({ spec }: LooseObject): FieldError[] {
  const { minAvailable, maxUnavailable, selector } = spec ?? {}
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    errors.push(
      invalid(
        'spec',
        {
          MinAvailable: minAvailable,
          Selector: selector ?? null,
          MaxUnavailable: maxUnavailable,
          UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
        },
        'minAvailable and maxUnavailable cannot be both set',
      ),
    )
  return [
    ...errors,
    ...intOrPercent(minAvailable, 'spec.minAvailable'),
    ...intOrPercent(maxUnavailable, 'spec.maxUnavailable'),
    ...labelSelector(selector, 'spec.selector'),
  ]
}

function ruleErrors(rules: unknown, path: string, namespaced: boolean): FieldError[] {
  return each(rules as Loose[]).flatMap(({ verbs, apiGroups, resources, nonResourceURLs }, i) => {
    const at = `${path}[${i}]`
    const errors: FieldError[] = verbs?.length ? [] : [required(`${at}.verbs`, 'verbs must contain at least one value')]
    if (nonResourceURLs?.length) {
      if (namespaced)
        errors.push(invalid(`${at}.nonResourceURLs`, nonResourceURLs, 'namespaced rules cannot apply to non-resource URLs'))
      if (apiGroups?.length || resources?.length)
        errors.push(
          invalid(`${at}.nonResourceURLs`, nonResourceURLs, 'rules cannot apply to both regular resources and non-resource URLs'),
        )
      return errors
    }
    if (!apiGroups?.length) errors.push(required(`${at}.apiGroups`, 'resource rules must supply at least one api group'))
    if (!resources?.length) errors.push(required(`${at}.resources`, 'resource rules must supply at least one resource'))
    return errors
  })
}
export const roleErrors = (object: LooseObject): FieldError[] => ruleErrors(object.rules, 'rules', true)
export const clusterRoleErrors = (object: LooseObject): FieldError[] => ruleErrors(object.rules, 'rules', false)

const rbac = 'rbac.authorization.k8s.io'

const bindingErrors =
  (kinds: string[]) =>
  (object: LooseObject, old?: LooseObject): FieldError[] => {
    const { roleRef = {} } = object
    const errors: FieldError[] = []
    if (roleRef.apiGroup !== rbac) errors.push(notSupported('roleRef.apiGroup', roleRef.apiGroup ?? '', [rbac]))
    if (!kinds.includes(roleRef.kind)) errors.push(notSupported('roleRef.kind', roleRef.kind ?? '', kinds))
    if (!roleRef.name) errors.push(required('roleRef.name'))
    for (const [i, { kind, name, namespace }] of each(object.subjects).entries()) {
      if (!name) errors.push(required(`subjects[${i}].name`))
      if (kind === 'ServiceAccount' && !namespace) errors.push(required(`subjects[${i}].namespace`))
      if (!['ServiceAccount', 'User', 'Group'].includes(kind))
        errors.push(notSupported(`subjects[${i}].kind`, kind ?? '', ['ServiceAccount', 'User', 'Group']))
    }
    if (old && immutable(roleRef, old.roleRef, '').length) errors.push(invalid('roleRef', roleRef, 'cannot change roleRef'))
    return errors
  }
export const roleBindingErrors = bindingErrors(['Role', 'ClusterRole'])
export const clusterRoleBindingErrors = bindingErrors(['ClusterRole'])

export function leaseErrors({ spec }: LooseObject): FieldError[] {
  const { leaseDurationSeconds: duration, leaseTransitions } = spec ?? {}
  return [
    ...(duration !== undefined && duration <= 0
      ? [invalid('spec.leaseDurationSeconds', duration, 'must be greater than 0')]
      : []),
    ...nonNegative(leaseTransitions, 'spec.leaseTransitions'),
  ]
}

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']

function backendErrors(backend: Loose | undefined, path: string): FieldError[] {
  const { service, resource } = backend ?? {}
  if (service && resource) return [invalid(path, '', 'cannot set both resource and service backends')]
  if (resource) return []
  if (!service) return [required(path, 'resource or service backend is required')]
  const errors: FieldError[] = service.name ? [] : [required(`${path}.service.name`)]
  const { name, number } = service.port ?? {}
  if (name && number) errors.push(invalid(path, '', 'cannot set both port name & port number'))
  else if (name) errors.push(...problems(isPortName, `${path}.service.port.name`, name))
  else if (!number) errors.push(required(path, 'port name or number is required'))
  return errors
}

export function ingressErrors({ spec }: LooseObject): FieldError[] {
  const errors: FieldError[] = []
  if (!spec?.rules?.length && !spec?.defaultBackend)
    errors.push(invalid('spec', spec?.rules ?? null, 'either `defaultBackend` or `rules` must be specified'))
  if (spec?.defaultBackend) errors.push(...backendErrors(spec.defaultBackend, 'spec.defaultBackend'))
  for (const [i, { host, http }] of each(spec?.rules).entries()) {
    const at = `spec.rules[${i}]`
    if (host && isIP(host)) errors.push(invalid(`${at}.host`, host, 'must be a DNS name, not an IP address'))
    else if (host) errors.push(...problems(isDns1123Subdomain, `${at}.host`, host.replace(/^\*\./, '')))
    if (http && !http.paths?.length) errors.push(required(`${at}.http.paths`))
    for (const [j, { path, pathType, backend }] of each(http?.paths).entries()) {
      const here = `${at}.http.paths[${j}]`
      if (!pathType) errors.push(required(`${here}.pathType`, 'pathType must be specified'))
      else if (!pathTypes.includes(pathType)) errors.push(notSupported(`${here}.pathType`, pathType, pathTypes))
      else if (pathType !== 'ImplementationSpecific' && !path?.startsWith('/'))
        errors.push(invalid(`${here}.path`, path ?? '', 'must be an absolute path'))
      errors.push(...backendErrors(backend, `${here}.backend`))
    }
  }
  return errors
}

export function storageClassErrors(object: LooseObject, old?: LooseObject): FieldError[] {
  const errors: FieldError[] = object.provisioner ? [] : [required('provisioner')]
  if (!old) return errors
  if (immutable(object.parameters, old.parameters, '').length)
    errors.push(forbidden('parameters', 'updates to parameters are forbidden.'))
  if (object.provisioner !== old.provisioner) errors.push(forbidden('provisioner', 'updates to provisioner are forbidden.'))
  if (object.reclaimPolicy !== old.reclaimPolicy)
    errors.push(forbidden('reclaimPolicy', 'updates to reclaimPolicy are forbidden.'))
  return errors
}

export function priorityClassErrors(object: LooseObject, old?: LooseObject): FieldError[] {
  if (old) return object.value === old.value ? [] : [forbidden('value', 'may not be changed in an update.')]
  const highest = 1_000_000_000
  return object.value > highest && !object.metadata.name.startsWith('system-')
    ? [forbidden('value', `maximum allowed value of a user defined priority is ${highest}`)]
    : []
}

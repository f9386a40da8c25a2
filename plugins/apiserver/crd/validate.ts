/** Checks of CustomResourceDefinitions. Source: k8s.io/apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go */
import { isDeepStrictEqual } from 'node:util'
import { child, type FieldError, invalid, type KubeObject, notSupported, required } from '@slipway/core/api'
import { isDns1035Label, isDns1123Subdomain } from '@slipway/core/api/kubernetes'
import { jsonPath } from '../table/json-path.ts'
import type { CrdVersion, CustomResourceDefinition } from './definition.ts'
import { structuralErrors } from './structural-rules.ts'

const joined = (problems: string[], path: string, value: string, before = ''): FieldError[] =>
  problems.length ? [invalid(path, value, before + problems.join(','))] : []

function groupErrors(group: string | undefined): FieldError[] {
  if (!group) return [required('spec.group')]
  const problems = isDns1123Subdomain(group)
  if (problems.length) return joined(problems, 'spec.group', group)
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')]
}

const mixed = 'may have mixed case, but should otherwise match: '

function namesErrors(names: Partial<CustomResourceDefinition['spec']['names']> = {}): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['plural', 'singular', 'kind', 'listKind'] as const) {
    const value = names[field]
    if (!value) errors.push(required(`spec.names.${field}`))
    else if (field === 'plural' || field === 'singular')
      errors.push(...joined(isDns1035Label(value), `spec.names.${field}`, value))
    else errors.push(...joined(isDns1035Label(value.toLowerCase()), `spec.names.${field}`, value, mixed))
  }
  for (const list of ['shortNames', 'categories'] as const)
    for (const [i, value] of (names[list] ?? []).entries())
      errors.push(...joined(isDns1035Label(value), `spec.names.${list}[${i}]`, value))
  if (names.kind && names.kind === names.listKind)
    errors.push(invalid('spec.names.listKind', names.listKind, 'kind and listKind may not be the same'))
  return errors
}

const columnTypes = ['boolean', 'date', 'integer', 'number', 'string']
const columnFormats = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function columnErrors({ additionalPrinterColumns: columns }: CrdVersion, path: string): FieldError[] {
  return (columns ?? []).flatMap(({ name, type, format, jsonPath: source }, i) => {
    const at = `${path}[${i}]`
    const errors: FieldError[] = name ? [] : [required(child(at, 'name'))]
    if (!type) errors.push(required(child(at, 'type'), `must be one of ${columnTypes.join(',')}`))
    else if (!columnTypes.includes(type)) errors.push(invalid(child(at, 'type'), type, `must be one of ${columnTypes.join(',')}`))
    if (format && !columnFormats.includes(format))
      errors.push(invalid(child(at, 'format'), format, `must be one of ${columnFormats.join(',')}`))
    return [...errors, ...(source ? pathErrors(source, child(at, 'JSONPath')) : [required(child(at, 'JSONPath'))])]
  })
}

const simple = 'must be a simple json path starting with .'

function pathErrors(source: string, path: string): FieldError[] {
  try {
    if (!source.startsWith('.')) return [invalid(path, source, simple)]
    jsonPath(source)
    return []
  } catch (error) {
    return [invalid(path, source, `is an invalid path: ${(error as Error).message}`)]
  }
}

function scaleErrors({ subresources }: CrdVersion, path: string): FieldError[] {
  const scale = subresources?.scale
  if (!scale) return []
  const errors: FieldError[] = []
  const under = (field: 'specReplicasPath' | 'statusReplicasPath' | 'labelSelectorPath', prefixes: string[], detail: string) => {
    const value = scale[field]
    const at = `${path}.scale.${field}`
    if (!value) {
      if (field !== 'labelSelectorPath') errors.push(required(at))
    } else if (!value.startsWith('.')) errors.push(invalid(at, value, simple))
    else if (!prefixes.some(prefix => value.startsWith(`.${prefix}.`))) errors.push(invalid(at, value, detail))
  }
  under('specReplicasPath', ['spec'], 'should be a json path under .spec')
  under('statusReplicasPath', ['status'], 'should be a json path under .status')
  under('labelSelectorPath', ['spec', 'status'], 'should be a json path under either .spec or .status')
  return errors
}

/** Kubernetes tells of what all versions share as if it stood at the top, where its internal form has it. */
function sharedPath(
  versions: CrdVersion[],
  field: keyof CrdVersion,
  top: string,
  own: string,
): (i: number) => string | undefined {
  const shared = versions.every(v => isDeepStrictEqual(v[field], versions[0]![field]))
  return i => (shared ? (i === 0 ? `spec.${top}` : undefined) : `spec.versions[${i}].${own}`)
}

const oneStorage = 'must have exactly one version marked as storage version'

/** As messages show versions: by the names that Go gives the fields, with what all versions share left out. */
const goVersions = (versions: CrdVersion[]) =>
  versions.map(v => ({
    Name: v.name,
    Served: v.served,
    Storage: v.storage,
    Deprecated: v.deprecated ?? false,
    DeprecationWarning: v.deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }))

/** Source: ValidateCustomResourceDefinitionStoredVersions */
function storedErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  const stored = status?.storedVersions ?? []
  if (!stored.length) return [invalid('status.storedVersions', null, 'must have at least one stored version')]
  return (spec?.versions ?? [])
    .filter(v => v.storage && !stored.includes(v.name))
    .map(v => invalid('status.storedVersions', stored, `must have the storage version ${v.name}`))
}

function versionErrors(versions: CrdVersion[] | undefined): FieldError[] {
  const errors: FieldError[] = []
  const list = versions ?? []
  if (!list.length) return [invalid('spec.versions', [], oneStorage)]
  const schemaPath = sharedPath(list, 'schema', 'validation.openAPIV3Schema', 'schema.openAPIV3Schema')
  const columnPath = sharedPath(list, 'additionalPrinterColumns', 'additionalPrinterColumns', 'additionalPrinterColumns')
  const subresourcePath = sharedPath(list, 'subresources', 'subresources', 'subresources')
  for (const [i, version] of list.entries()) {
    const nameProblems = isDns1035Label(version.name ?? '')
    // The first version's name is also the old field's.
    if (i === 0) errors.push(...joined(nameProblems, 'spec.version', version.name ?? ''))
    errors.push(...joined(nameProblems, `spec.versions[${i}].name`, version.name ?? ''))
    const schema = version.schema?.openAPIV3Schema
    const at = schemaPath(i)
    if (!schema) errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`))
    else if (at) errors.push(...structuralErrors(schema, at))
    const columns = columnPath(i)
    if (columns) errors.push(...columnErrors(version, columns))
    const subresources = subresourcePath(i)
    if (subresources) errors.push(...scaleErrors(version, subresources))
  }
  if (new Set(list.map(v => v.name)).size !== list.length)
    errors.push(invalid('spec.versions', goVersions(list), 'must contain unique version names'))
  const stored = list.filter(v => v.storage)
  if (stored.length !== 1) errors.push(invalid('spec.versions', goVersions(list), oneStorage))
  return errors
}

function updateErrors(crd: CustomResourceDefinition, old: CustomResourceDefinition): FieldError[] {
  const errors: FieldError[] = []
  const fixed = (path: string, value: unknown, before: unknown) => {
    if (!isDeepStrictEqual(value, before)) errors.push(invalid(path, value, 'field is immutable'))
  }
  fixed('spec.group', crd.spec.group, old.spec.group)
  fixed('spec.names.plural', crd.spec.names?.plural, old.spec.names.plural)
  const established = old.status?.conditions?.some(c => c.type === 'Established' && c.status === 'True')
  if (established) {
    fixed('spec.scope', crd.spec.scope, old.spec.scope)
    fixed('spec.names.kind', crd.spec.names?.kind, old.spec.names.kind)
  }
  for (const [i, stored] of (crd.status?.storedVersions ?? []).entries())
    if (!crd.spec.versions?.some(v => v.name === stored))
      errors.push(
        invalid(
          `status.storedVersions[${i}]`,
          stored,
          `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${stored} and removes ${stored} from status.storedVersions`,
        ),
      )
  return errors
}

/** @param object defaulted */
export function validateCrd(object: KubeObject, old?: KubeObject): FieldError[] {
  const crd = object as CustomResourceDefinition
  const { group, names, scope, versions, conversion } = crd.spec ?? {}
  const errors: FieldError[] = []
  if (crd.metadata.name !== `${names?.plural}.${group}`)
    errors.push(invalid('metadata.name', crd.metadata.name, 'must be spec.names.plural+"."+spec.group'))
  errors.push(...groupErrors(group))
  if (!scope) errors.push(required('spec.scope'))
  else if (scope !== 'Cluster' && scope !== 'Namespaced')
    errors.push(notSupported('spec.scope', scope, ['Cluster', 'Namespaced']))
  errors.push(...versionErrors(versions), ...namesErrors(names))
  if (crd.spec?.preserveUnknownFields)
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    )
  if (conversion?.strategy !== 'None')
    errors.push(
      conversion?.strategy === 'Webhook'
        ? invalid(
            'spec.conversion.strategy',
            'Webhook',
            'this server converts without webhooks: use None, and the same schema for all versions',
          )
        : notSupported('spec.conversion.strategy', conversion?.strategy ?? '', ['None', 'Webhook']),
    )
  errors.push(...storedErrors(crd))
  return old ? [...errors, ...updateErrors(crd, old as CustomResourceDefinition)] : errors
}

/** Checks of `metadata`, the same for objects of every kind. Source: k8s.io/apimachinery pkg/api/validation/objectmeta.go */
import { child, type FieldError, forbidden, invalid, required, tooLong } from '../../field-error.ts'
import type { ObjectMeta, OwnerReference } from '../../meta.ts'
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName, type TextCheck } from './names.ts'

const annotationBytes = 256 * 1024

export interface MetadataRules {
  namespaced: boolean
  /** Default: a DNS subdomain. */
  checkName?: TextCheck
}

const each = (check: TextCheck, path: string, text: string): FieldError[] => check(text).map(m => invalid(path, text, m))

export function labelErrors(labels: Record<string, string> | undefined, path: string): FieldError[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...each(isQualifiedName, path, key),
    ...each(isLabelValue, path, value),
  ])
}

export function annotationErrors(annotations: Record<string, string> | undefined, path: string): FieldError[] {
  if (!annotations) return []
  const errors: FieldError[] = []
  let size = 0
  for (const [key, value] of Object.entries(annotations)) {
    size += Buffer.byteLength(key) + Buffer.byteLength(value)
    errors.push(...isQualifiedName(key.toLowerCase()).map(m => invalid(path, key, m)))
  }
  if (size > annotationBytes) errors.push(tooLong(path, annotationBytes))
  return errors
}

function ownerErrors(owners: OwnerReference[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let controller = ''
  for (const { apiVersion, kind, name, uid, controller: controls } of owners ?? []) {
    if (!apiVersion) errors.push(invalid(child(path, 'apiVersion'), apiVersion ?? '', 'version must not be empty'))
    if (!kind) errors.push(invalid(child(path, 'kind'), kind ?? '', 'must not be empty'))
    if (!name) errors.push(invalid(child(path, 'name'), name ?? '', 'must not be empty'))
    if (!uid) errors.push(invalid(child(path, 'uid'), uid ?? '', 'must not be empty'))
    if (apiVersion === 'v1' && kind === 'Event')
      errors.push(invalid(path, { apiVersion, kind, name, uid }, '/v1, Kind=Event is disallowed from being an owner'))
    if (!controls) continue
    const found = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${kind}/${name}`
    if (controller) errors.push(invalid(path, owners, found))
    else controller = `${kind}/${name}`
  }
  return errors
}

function finalizerErrors(finalizers: string[] | undefined, path: string): FieldError[] {
  const errors = (finalizers ?? []).flatMap(f => each(isQualifiedName, path, f))
  if (finalizers?.includes('orphan') && finalizers.includes('foregroundDeletion'))
    errors.push(invalid(path, finalizers, 'finalizer orphan and foregroundDeletion cannot be both set'))
  return errors
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

/** Of Kubernetes' own kinds, beyond what metadata of any kind must be. Source: k8s.io/kubernetes pkg/apis/core/validation, ValidateFinalizerName */
export const unqualifiedFinalizers = ({ finalizers }: ObjectMeta): FieldError[] =>
  (finalizers ?? []).flatMap((finalizer, i) =>
    finalizer.includes('/') || standardFinalizers.includes(finalizer)
      ? []
      : [invalid(`metadata.finalizers[${i}]`, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')],
  )

function updateErrors(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = []
  const added = (metadata.finalizers ?? []).filter(f => !old.finalizers?.includes(f))
  if (old.deletionTimestamp && added.length)
    errors.push(
      forbidden(
        'metadata.finalizers',
        `no new finalizers can be added if the object is being deleted, found new finalizers []string{${[...added]
          .sort()
          .map(f => JSON.stringify(f))
          .join(', ')}}`,
      ),
    )
  if ((metadata.generation ?? 0) < (old.generation ?? 0))
    errors.push(invalid('metadata.generation', metadata.generation ?? 0, 'must not be decremented'))
  for (const field of [
    'name',
    'namespace',
    'uid',
    'creationTimestamp',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
  ] as const)
    if ((metadata[field] ?? '') !== (old[field] ?? ''))
      errors.push(invalid(`metadata.${field}`, metadata[field] ?? null, 'field is immutable'))
  return errors
}

function nameErrors({ name, generateName, namespace }: ObjectMeta, rules: MetadataRules): FieldError[] {
  const check = rules.checkName ?? isDns1123Subdomain
  const errors: FieldError[] = []
  // A prefix may end in what a suffix makes right.
  if (generateName)
    errors.push(...check(`${generateName.replace(/-$/, '')}a`).map(m => invalid('metadata.generateName', generateName, m)))
  if (!name) errors.push(required('metadata.name', 'name or generateName is required'))
  else errors.push(...each(check, 'metadata.name', name))
  if (rules.namespaced) {
    if (!namespace) errors.push(required('metadata.namespace'))
    else errors.push(...each(isDns1123Label, 'metadata.namespace', namespace))
  } else if (namespace) errors.push(forbidden('metadata.namespace', 'not allowed on this type'))
  return errors
}

/**
 * @param old on update; what only changes can break is checked too
 * @returns all problems, with paths that begin with `metadata`
 */
export function validateMetadata(metadata: ObjectMeta, rules: MetadataRules, old?: ObjectMeta): FieldError[] {
  return [
    ...(old ? updateErrors(metadata, old) : nameErrors(metadata, rules)),
    ...labelErrors(metadata.labels, 'metadata.labels'),
    ...annotationErrors(metadata.annotations, 'metadata.annotations'),
    ...ownerErrors(metadata.ownerReferences, 'metadata.ownerReferences'),
    ...(old ? [] : finalizerErrors(metadata.finalizers, 'metadata.finalizers')),
  ]
}

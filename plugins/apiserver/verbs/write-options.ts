/** The options that all writes share. Source: metav1.CreateOptions, UpdateOptions, PatchOptions and pkg/apis/meta/v1/validation */
import { badRequest, type FieldError, forbidden, invalidObject, notSupported, required, tooLong } from '@slipway/core/api'
import type { Call } from './call.ts'

export interface WriteOptions {
  dryRun: boolean
  /** Who owns the fields that are written. */
  manager: string
  fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  /** Take fields from other managers; only for apply. */
  force: boolean
}

/** The part of a User-Agent before the slash. Source: apiserver pkg/endpoints/handlers/create.go managerOrUserAgent */
const managerOf = (query: URLSearchParams, userAgent: string | undefined): string =>
  query.get('fieldManager') || (userAgent ?? '').split('/')[0]!.slice(0, 128) || 'unknown'

/**
 * @param kind of the options, for errors: `PatchOptions`
 * @throws StatusError 422
 */
export function writeOptions(
  { query, headers }: Call,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions' | 'DeleteOptions',
  apply = false,
): WriteOptions {
  const errors: FieldError[] = []
  const dryRun = query.getAll('dryRun').filter(Boolean)
  if (dryRun.some(value => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']))
  const manager = query.get('fieldManager') ?? ''
  if (manager.length > 128) errors.push(tooLong('fieldManager', 128))
  if (apply && !manager) errors.push(required('fieldManager', 'is required for apply patch'))
  const force = query.get('force')
  if (force !== null && !apply) errors.push(forbidden('force', 'may not be specified for non-apply patch'))
  const validation = query.get('fieldValidation') || 'Warn'
  if (!['Ignore', 'Warn', 'Strict'].includes(validation))
    errors.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']))
  if (errors.length) throw invalidObject(kind, 'meta.k8s.io', '', errors)
  return {
    dryRun: dryRun.length > 0,
    manager: managerOf(query, headers['user-agent']),
    fieldValidation: validation as WriteOptions['fieldValidation'],
    force: force === 'true' || force === '1',
  }
}

/** YAML's complaints come first, as one. */
export function strictText(problems: readonly string[]): string {
  const yaml = problems.filter(problem => problem.startsWith('line '))
  const others = problems.filter(problem => !problem.startsWith('line '))
  return [...(yaml.length ? [`yaml: unmarshal errors:\n${yaml.map(problem => `  ${problem}`).join('\n')}`] : []), ...others].join(
    ', ',
  )
}

/** Strict: refuses. Warn: adds warnings. @param problems such as `unknown field "spec.x"` */
export function enforceStrictness(problems: readonly string[], { fieldValidation }: WriteOptions, call: Call): void {
  if (!problems.length || fieldValidation === 'Ignore') return
  if (fieldValidation === 'Warn') return void call.warnings.push(...problems)
  const { kind, version } = call.resource
  throw badRequest(
    `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: strict decoding error: ${strictText(problems)}`,
  )
}

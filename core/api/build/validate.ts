/** Checks of a Build that its schema cannot make. Source: knative/build build_validation.go, build_template_validation.go */
import type { Container, Volume } from '../builtin.ts'
import { at, child, duplicate, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { parseDuration } from '../formats.ts'
import type { BuildSpec, Parameter, Source, TemplateSpec } from './build-spec.ts'

const longestTimeoutMs = 24 * 3_600_000
const kindsOfSource = ['git', 'gcs', 'archive', 'custom'] as const

/** A path that stays below where it starts. */
const leaves = (path: string) => path.startsWith('/') || path.split('/').includes('..')

function sourceErrors(source: Source, path: string): FieldError[] {
  const given = kindsOfSource.filter(kind => source[kind] !== undefined)
  const errors: FieldError[] = []
  if (given.length === 0) errors.push(required(path, `one of ${kindsOfSource.join(', ')}`))
  for (const extra of given.slice(1))
    errors.push(forbidden(child(path, extra), `only one of ${kindsOfSource.join(', ')} may be given`))
  for (const field of ['subPath', 'targetPath'] as const) {
    const value = source[field]
    if (value !== undefined && leaves(value))
      errors.push(invalid(child(path, field), value, 'must be relative and stay below /workspace'))
  }
  if (source.subPath && source.custom) errors.push(forbidden(child(path, 'subPath'), 'a custom source has no subPath'))
  return errors
}

function sourcesErrors({ source, sources = [] }: BuildSpec): FieldError[] {
  const errors = source ? sourceErrors(source, 'spec.source') : []
  if (source && sources.length) errors.push(forbidden('spec.sources', 'give source or sources, not both'))
  const names = new Set<string>()
  let subPaths = 0
  for (const [i, one] of sources.entries()) {
    const path = at('spec.sources', i)
    errors.push(...sourceErrors(one, path))
    const name = one.name ?? ''
    if (names.has(name))
      errors.push(
        name ? duplicate(child(path, 'name'), name) : required(child(path, 'name'), 'each of several sources needs a name'),
      )
    names.add(name)
    if (one.subPath && ++subPaths > 1) errors.push(forbidden(child(path, 'subPath'), 'only one source may have a subPath'))
  }
  return errors
}

export function stepsErrors(steps: Container[], path: string): FieldError[] {
  const names = new Set<string>()
  return steps.flatMap((step, i) => {
    const errors: FieldError[] = []
    if (!step.image) errors.push(required(child(at(path, i), 'image')))
    if (step.name && names.has(step.name)) errors.push(duplicate(child(at(path, i), 'name'), step.name))
    if (step.name) names.add(step.name)
    if (step.name && !/^[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?$/.test(step.name))
      errors.push(invalid(child(at(path, i), 'name'), step.name, 'must be at most 42 lower case letters, digits and dashes'))
    return errors
  })
}

export const volumesErrors = (volumes: Volume[], path: string): FieldError[] => {
  const names = new Set<string>()
  return volumes.flatMap((volume, i) => {
    const field = child(at(path, i), 'name')
    if (!volume.name) return [required(field)]
    if (names.has(volume.name)) return [duplicate(field, volume.name)]
    names.add(volume.name)
    return []
  })
}

export function templateErrors({ steps, volumes = [], parameters = [] }: TemplateSpec): FieldError[] {
  const errors = [...stepsErrors(steps, 'spec.steps'), ...volumesErrors(volumes, 'spec.volumes'), ...parametersErrors(parameters)]
  const known = new Set(parameters.map(p => p.name))
  for (const name of placeholders({ steps, volumes })) {
    if (!known.has(name))
      errors.push(invalid('spec.steps', `\${${name}}`, `no parameter is named ${name}; declare it in spec.parameters`))
  }
  return errors
}

function parametersErrors(parameters: Parameter[]): FieldError[] {
  const names = new Set<string>()
  return parameters.flatMap(({ name }, i) => {
    const field = child(at('spec.parameters', i), 'name')
    if (names.has(name)) return [duplicate(field, name)]
    names.add(name)
    return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(name)
      ? []
      : [invalid(field, name, 'must be letters, digits, _ and -, and begin with a letter')]
  })
}

/** The names that `${NAME}` stands for anywhere in a value. */
export function placeholders(value: unknown): Set<string> {
  const found = new Set<string>()
  for (const [, name] of JSON.stringify(value ?? null).matchAll(/\$\{([A-Za-z_][A-Za-z0-9_-]*)\}/g)) found.add(name!)
  return found
}

export function buildErrors(spec: BuildSpec): FieldError[] {
  const { steps = [], template, volumes = [], timeout } = spec
  const errors = [...sourcesErrors(spec), ...stepsErrors(steps, 'spec.steps'), ...volumesErrors(volumes, 'spec.volumes')]
  if (template && steps.length) errors.push(forbidden('spec.template', 'give steps or a template, not both'))
  if (!template && !steps.length) errors.push(required('spec.steps', 'give steps, or a template'))
  const names = new Set<string>()
  for (const [i, { name }] of (template?.arguments ?? []).entries()) {
    if (names.has(name)) errors.push(duplicate(child(at('spec.template.arguments', i), 'name'), name))
    names.add(name)
  }
  if (timeout !== undefined) {
    const ms = parseDuration(timeout)
    if (ms <= 0 || ms > longestTimeoutMs) errors.push(invalid('spec.timeout', timeout, 'must be more than 0 and at most 24h'))
  }
  return errors
}

/** A Build is what happened: only its cancellation may be added later. */
export function buildUpdateErrors(spec: BuildSpec, old: BuildSpec, same: (a: unknown, b: unknown) => boolean): FieldError[] {
  const { status: _, ...now } = spec
  const { status: before, ...was } = old
  if (!same(now, was)) return [forbidden('spec', 'a Build cannot be changed; create another one')]
  return before && spec.status !== before ? [forbidden('spec.status', 'a cancelled Build stays cancelled')] : []
}

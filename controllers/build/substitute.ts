/**
 * Templates' parameters. `${NAME}` is replaced in every string of steps and volumes, keys included; values are put in as they are and
 * never looked at again, so an argument cannot bring in further placeholders, shell or YAML.
 * Source: knative/build pkg/builder/common.go (ApplyTemplate)
 */

import type { k8s } from '@slipway/core/api'
import type { BuildSpec, Parameter, TemplateReference, TemplateSpec } from '@slipway/core/api/build'

export function substituteText(text: string, values: ReadonlyMap<string, string>): string {
  return text.replace(/\$\{([A-Za-z_][A-Za-z0-9_-]*)\}/g, (whole, name) => values.get(name) ?? whole)
}

export function substitute<T>(value: T, values: ReadonlyMap<string, string>): T {
  if (typeof value === 'string') return substituteText(value, values) as T
  if (Array.isArray(value)) return value.map(item => substitute(item, values)) as T
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [substituteText(key, values), substitute(item, values)]),
  ) as T
}

/** The values of a template's parameters, or what is wrong with the arguments. */
export function argumentValues(
  parameters: Parameter[] = [],
  given: TemplateReference['arguments'] = [],
): { values: Map<string, string> } | { problem: string } {
  const known = new Set(parameters.map(p => p.name))
  const unknown = given.filter(a => !known.has(a.name)).map(a => a.name)
  if (unknown.length)
    return { problem: `the template has no parameter ${unknown.join(', ')}; it has ${[...known].join(', ') || 'none'}` }
  const values = new Map<string, string>()
  for (const { name, default: fallback } of parameters) if (fallback !== undefined) values.set(name, fallback)
  for (const { name, value } of given) values.set(name, value)
  const missing = parameters.filter(p => !values.has(p.name)).map(p => p.name)
  return missing.length
    ? { problem: `the template needs a value for ${missing.join(', ')}: add it to spec.template.arguments` }
    : { values }
}

export interface Expanded {
  steps: k8s.Container[]
  volumes: k8s.Volume[]
}

/** The steps and volumes of a build, its template filled in. */
export function expandTemplate(spec: BuildSpec, template: TemplateSpec | undefined): Expanded | { problem: string } {
  const own = { steps: spec.steps ?? [], volumes: spec.volumes ?? [] }
  if (!spec.template || !template) return own
  const filled = argumentValues(template.parameters, spec.template.arguments)
  if ('problem' in filled) return filled
  const steps = substitute(template.steps, filled.values)
  const volumes = substitute(template.volumes ?? [], filled.values)
  const env = spec.template.env ?? []
  return {
    steps: steps.map(step => (env.length ? { ...step, env: [...(step.env ?? []), ...env] } : step)),
    volumes: [...volumes, ...own.volumes],
  }
}

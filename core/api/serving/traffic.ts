/** How requests are shared among revisions. Source: knative.dev/serving pkg/apis/serving/v1/route_types.go, route_validation.go */
import { at, child, type FieldError, forbidden, invalid, required } from '../field-error.ts'
import { type Infer, s } from '../schema.ts'

export const trafficTarget = s.object({
  tag: s.string().optional().describe('Gives this target a host of its own: TAG-NAME.NAMESPACE.DOMAIN.'),
  revisionName: s.string().optional(),
  configurationName: s.string().optional(),
  latestRevision: s.boolean().optional(),
  percent: s.int().min(0).max(100).optional(),
  url: s.string().optional(),
})
export type TrafficTarget = Infer<typeof trafficTarget>

const tagSyntax = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

function targetErrors(target: TrafficTarget, path: string, inService: boolean): FieldError[] {
  const errors: FieldError[] = []
  const { revisionName, configurationName, latestRevision, tag } = target
  if (revisionName && configurationName)
    errors.push(forbidden(path, 'expected exactly one, got both: configurationName, revisionName'))
  if (inService && configurationName) errors.push(forbidden(child(path, 'configurationName'), 'must not be set'))
  if (!inService && !revisionName && !configurationName)
    errors.push(required(path, 'expected exactly one, got neither: configurationName, revisionName'))
  if (revisionName && latestRevision)
    errors.push(invalid(child(path, 'latestRevision'), true, 'may not be true where revisionName is set'))
  if (inService && !revisionName && latestRevision === false)
    errors.push(required(child(path, 'revisionName'), 'latestRevision is false'))
  if (target.url) errors.push(forbidden(child(path, 'url'), 'must not be set'))
  if (tag && !tagSyntax.test(tag))
    errors.push(
      invalid(child(path, 'tag'), tag, 'must be a DNS label: lower case letters, digits and dashes, beginning with a letter'),
    )
  return errors
}

/** @param inService a Service's traffic speaks of its own configuration only */
export function trafficErrors(traffic: TrafficTarget[] | undefined, path: string, inService: boolean): FieldError[] {
  if (!traffic?.length) return inService ? [] : [required(path)]
  const errors = traffic.flatMap((target, i) => targetErrors(target, at(path, i), inService))
  const tags = new Map<string, number>()
  for (const [i, { tag }] of traffic.entries()) {
    if (!tag) continue
    const first = tags.get(tag)
    if (first !== undefined)
      errors.push(
        invalid(child(at(path, i), 'tag'), tag, `Multiple definitions for "${tag}": also at ${child(at(path, first), 'tag')}`),
      )
    else tags.set(tag, i)
  }
  const sum = traffic.reduce((total, { percent = 0 }) => total + percent, 0)
  if (sum !== 100) errors.push(invalid(path, sum, `Traffic targets sum to ${sum}, want 100`))
  return errors
}

/** Where nothing is said, all requests go to the latest ready revision. */
export function trafficDefaults(traffic: TrafficTarget[] | undefined): TrafficTarget[] {
  if (!traffic?.length) return [{ latestRevision: true, percent: 100 }]
  return traffic.map(target =>
    target.latestRevision === undefined ? { ...target, latestRevision: !target.revisionName } : target,
  )
}

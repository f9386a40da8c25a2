/**
 * serving.knative.dev/v1alpha1 as of 2018 (`runLatest`, `release`, `pinned`, `manual`, one `container`), served and converted; v1 is what is stored.
 * Source: knative.dev/serving pkg/apis/serving/v1alpha1 at v0.2 to v0.6 (service_types.go, *_conversion.go).
 */

import { type BuildSpec, buildSpec } from '../build/build-spec.ts'
import type { Container } from '../builtin.ts'
import { defineKind, type Kind, type KindOf } from '../kind.ts'
import { apiVersionOf, type KubeObject } from '../meta.ts'
import { container } from '../pod-schema.ts'
import { type Infer, s } from '../schema.ts'
import { Configuration } from './configuration.ts'
import { servingGroup } from './group.ts'
import { Revision } from './revision.ts'
import { type RevisionTemplate, revisionTemplate, templateMeta } from './revision-spec.ts'
import { Route } from './route.ts'
import { Service } from './service.ts'
import { type TrafficTarget, trafficTarget } from './traffic.ts'
import { modeFromTraffic, trafficOfMode } from './v1alpha1-modes.ts'

const version = 'v1alpha1'

const oldRevisionFields = {
  container: container().optional(),
  containerConcurrency: s.int().min(0).optional(),
  concurrencyModel: s.enum('Single', 'Multi').optional(),
  timeoutSeconds: s.int().min(0).optional(),
  serviceAccountName: s.string().optional(),
  buildName: s.string().optional(),
}
const oldTemplate = s.object({ metadata: templateMeta.optional(), spec: s.object(oldRevisionFields).optional() })
type OldTemplate = Infer<typeof oldTemplate>
const oldConfiguration = s.object({
  generation: s.int().optional(),
  /** A Build's spec, or a whole Build object as later versions wrote it. */
  build: s.unknown<BuildSpec & { spec?: BuildSpec }>().optional(),
  revisionTemplate: oldTemplate.optional(),
  template: revisionTemplate.optional(),
})
type OldConfiguration = Infer<typeof oldConfiguration>

const oldServiceSpec = s.object({
  generation: s.int().optional(),
  runLatest: s.object({ configuration: oldConfiguration }).optional(),
  release: s
    .object({
      revisions: s.array(s.string()).min(1).max(2),
      rolloutPercent: s.int().min(0).max(99).optional(),
      configuration: oldConfiguration,
    })
    .optional(),
  pinned: s.object({ revisionName: s.string(), configuration: oldConfiguration }).optional(),
  manual: s.object({}).optional(),
  template: revisionTemplate.optional(),
  traffic: s.array(trafficTarget).optional(),
  build: buildSpec.optional(),
})
type OldServiceSpec = Infer<typeof oldServiceSpec>

const oldStatus = s.unknown<Record<string, unknown>>()

/** The one container of old becomes a pod's; concurrency models become numbers. */
export function newTemplate(old: OldTemplate | undefined): RevisionTemplate {
  const { container: one, concurrencyModel, buildName: _, containerConcurrency, ...rest } = old?.spec ?? {}
  const concurrency = containerConcurrency ?? (concurrencyModel === 'Single' ? 1 : undefined)
  const containers = one ? [one as Container] : []
  return {
    ...(old?.metadata && { metadata: old.metadata }),
    spec: {
      ...rest,
      ...(concurrency !== undefined && { containerConcurrency: concurrency }),
      containers,
    } as RevisionTemplate['spec'],
  }
}
export function oldTemplateOf(template: RevisionTemplate): OldTemplate {
  const { containers, containerConcurrency, timeoutSeconds, serviceAccountName } = template.spec
  return {
    ...(template.metadata && { metadata: template.metadata }),
    spec: {
      ...(containers?.[0] && { container: containers[0] }),
      ...(containerConcurrency !== undefined && { containerConcurrency }),
      ...(timeoutSeconds !== undefined && { timeoutSeconds }),
      ...(serviceAccountName && { serviceAccountName }),
    },
  }
}

const newConfiguration = ({ build, revisionTemplate: old, template }: OldConfiguration) => ({
  template: template ?? newTemplate(old),
  ...(build && { build: build.spec ?? build }),
})
const oldConfigurationOf = ({
  template,
  build,
}: {
  template: RevisionTemplate
  build?: BuildSpec | undefined
}): OldConfiguration => ({
  ...(build && { build }),
  revisionTemplate: oldTemplateOf(template),
})

/** `status.domain` of old is the host of `status.url`. */
const withDomain = (status: Record<string, unknown> | undefined) => {
  if (!status) return undefined
  const host = typeof status.url === 'string' && URL.canParse(status.url) ? new URL(status.url).hostname : undefined
  const traffic = (status.traffic as TrafficTarget[] | undefined)?.map(({ tag, ...target }) => ({
    ...(tag && { name: tag, tag }),
    ...target,
  }))
  const internal = (status.address as { url?: string } | undefined)?.url
  return {
    ...status,
    ...(host && { domain: host }),
    ...(internal && {
      domainInternal: new URL(internal).hostname,
      address: { url: internal, hostname: new URL(internal).hostname },
    }),
    ...(traffic && { traffic }),
  }
}
const withoutDomain = (status: Record<string, unknown> | undefined) => {
  if (!status) return undefined
  const { domain: _, domainInternal: __, traffic, address, ...rest } = status
  const targets = (traffic as (TrafficTarget & { name?: string })[] | undefined)?.map(({ name, ...target }) => target)
  const url = (address as { url?: string } | undefined)?.url
  return { ...rest, ...(targets && { traffic: targets }), ...(url && { address: { url } }) }
}

type Any = KubeObject & { spec: Record<string, unknown>; status?: Record<string, unknown> }

/** Conversion of one kind between what v1alpha1 says and what is stored, by its spec and its status. */
function converted<T extends KubeObject>(
  stored: { defaults?: unknown },
  toSpec: (spec: never) => unknown,
  fromSpec: (spec: never) => unknown,
): Pick<Kind<T>, 'toStorage' | 'fromStorage'> {
  const convert = (object: KubeObject, apiVersion: string, spec: (s: never) => unknown, status: (s: never) => unknown) => {
    const { spec: given, status: reported, ...rest } = object as Any
    return {
      ...rest,
      apiVersion,
      spec: spec(given as never),
      ...(reported && { status: status(reported as never) }),
    } as KubeObject
  }
  return {
    toStorage: object => {
      // A copy: what v1 fills in must not show through the object that came in.
      const result = structuredClone(
        convert(object, apiVersionOf(servingGroup.group, servingGroup.version), toSpec, withoutDomain),
      )
      const fillIn = stored.defaults as ((object: KubeObject) => void) | undefined
      fillIn?.(result)
      return result
    },
    fromStorage: object => convert(object, apiVersionOf(servingGroup.group, version), fromSpec, withDomain) as T,
  }
}

const newService = (old: OldServiceSpec) => {
  const chosen = old.runLatest?.configuration ?? old.release?.configuration ?? old.pinned?.configuration
  if (!chosen)
    return {
      ...(old.template && { template: old.template }),
      ...(old.build && { build: old.build }),
      ...(old.traffic && { traffic: old.traffic }),
    }
  return { ...newConfiguration(chosen), traffic: trafficOfMode(old) }
}
const oldService = (spec: KindOf<typeof Service>['spec']): OldServiceSpec => {
  const mode = modeFromTraffic(spec.traffic)
  const configuration = oldConfigurationOf(spec)
  if (!mode || spec.template.spec.containers.length > 1) return spec as OldServiceSpec
  if (mode.kind === 'runLatest') return { runLatest: { configuration } }
  if (mode.kind === 'pinned') return { pinned: { revisionName: mode.revisionName, configuration } }
  return {
    release: {
      revisions: mode.revisions,
      ...(mode.rolloutPercent !== undefined && { rolloutPercent: mode.rolloutPercent }),
      configuration,
    },
  }
}

const same = { group: servingGroup.group, version, storage: false } as const
const naming = ({ shortNames, categories, columns }: Kind) => ({
  shortNames: [...shortNames],
  categories: [...categories],
  columns: [...columns],
})

export const ServiceV1alpha1 = defineKind({
  ...same,
  ...naming(Service as unknown as Kind),
  kind: 'Service',
  columns: [{ name: 'Domain', type: 'string', jsonPath: '.status.domain' }, ...Service.columns.filter(c => c.name !== 'URL')],
  spec: oldServiceSpec,
  status: oldStatus,
  ...converted(Service, newService, oldService),
})
export const ConfigurationV1alpha1 = defineKind({
  ...same,
  ...naming(Configuration as unknown as Kind),
  kind: 'Configuration',
  spec: oldConfiguration,
  status: oldStatus,
  ...converted(Configuration, newConfiguration, oldConfigurationOf),
})
export const RevisionV1alpha1 = defineKind({
  ...same,
  ...naming(Revision as unknown as Kind),
  kind: 'Revision',
  spec: s.object(oldRevisionFields),
  status: oldStatus,
  ...converted(
    Revision,
    (spec: OldTemplate['spec']) => newTemplate({ spec }).spec,
    (spec: RevisionTemplate['spec']) => oldTemplateOf({ spec }).spec,
  ),
})
export const RouteV1alpha1 = defineKind({
  ...same,
  ...naming(Route as unknown as Kind),
  kind: 'Route',
  columns: [{ name: 'Domain', type: 'string', jsonPath: '.status.domain' }, ...Route.columns.filter(c => c.name !== 'URL')],
  spec: s.object({
    generation: s.int().optional(),
    traffic: s
      .array(
        s.object({
          name: s.string().optional(),
          tag: s.string().optional(),
          revisionName: s.string().optional(),
          configurationName: s.string().optional(),
          latestRevision: s.boolean().optional(),
          percent: s.int().min(0).max(100).optional(),
        }),
      )
      .optional(),
  }),
  status: oldStatus,
  ...converted(
    Route,
    (spec: { traffic?: (TrafficTarget & { name?: string })[] }) => ({
      traffic: spec.traffic?.map(({ name, tag, ...target }) => ({ ...((tag ?? name) && { tag: tag ?? name }), ...target })),
    }),
    (spec: { traffic?: TrafficTarget[] }) => ({
      traffic: spec.traffic?.map(({ tag, ...target }) => ({ ...(tag && { name: tag }), ...target })),
    }),
  ),
})

/** What Kubernetes takes, but warns of. Sent as Warning headers, which kubectl prints. Source: k8s.io/kubernetes pkg/api/pod/warnings.go */
import type { KubeObject, ObjectMeta } from '../../meta.ts'
import { each, type Loose, type LooseObject } from '../loose.ts'

/** Of custom resources, whose finalizers may be named freely. Source: apiextensions-apiserver pkg/registry/customresource/strategy.go */
export const finalizerWarnings = ({ finalizers }: ObjectMeta): string[] =>
  (finalizers ?? [])
    .filter(finalizer => !finalizer.includes('/') && finalizer !== 'orphan' && finalizer !== 'foregroundDeletion')
    .map(
      finalizer =>
        `metadata.finalizers: ${JSON.stringify(finalizer)}: prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers`,
    )

/** A variable that a later one hides is lost under apply, unless what lies between refers to it. */
function hiddenVariables(env: Loose[], path: string): string[] {
  const warnings: string[] = []
  const defined = new Map<string, Loose>()
  for (const [i, item] of env.entries()) {
    const before = defined.get(item.name)
    const isUsed = String(item.value ?? '').includes(`$(${item.name})`)
    if (before && !isUsed)
      warnings.push(
        `${path}.env[${i}]: hides previous definition of ${JSON.stringify(item.name)}, which may be dropped when using apply`,
      )
    defined.set(item.name, item)
  }
  return warnings
}

/** @param path such as `spec.template.spec` */
function podWarnings(spec: Loose | undefined, path: string): string[] {
  if (!spec) return []
  const warnings = ['initContainers', 'containers'].flatMap(list =>
    each(spec[list]).flatMap((c, i) => hiddenVariables(each(c.env), `${path}.${list}[${i}]`)),
  )
  // A Pod's own has been made 1 by the time that it could be warned of; see prepare/pod.ts.
  if (spec.terminationGracePeriodSeconds < 0 && path !== 'spec')
    warnings.push(`${path}.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1`)
  return warnings
}

const templates: Record<string, (object: Loose) => [Loose | undefined, string]> = {
  Pod: o => [o.spec, 'spec'],
  PodTemplate: o => [o.template?.spec, 'template.spec'],
  CronJob: o => [o.spec?.jobTemplate?.spec?.template?.spec, 'spec.jobTemplate.spec.template.spec'],
}
const makers = new Set(['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController'])

/** Of a new object of a built-in kind, as it was sent: with defaults, before it was prepared. */
export function warningsOf(object: KubeObject): string[] {
  const { kind } = object
  const found = templates[kind]?.(object as LooseObject)
  if (found) return podWarnings(...found)
  return makers.has(kind) ? podWarnings((object as LooseObject).spec?.template?.spec, 'spec.template.spec') : []
}

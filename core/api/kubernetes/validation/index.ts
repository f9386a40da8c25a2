/** What Kubernetes refuses in objects of its own types, beyond what cannot be decoded. Pure; messages are Kubernetes' own. */
import type { FieldError } from '../../field-error.ts'
import { at, child, required } from '../../field-error.ts'
import type { JsonSchema } from '../../json-schema.ts'
import type { KubeObject } from '../../meta.ts'
import * as core from './core.ts'
import * as groups from './groups.ts'
import { isDns1035Label, isDns1123Label, isPathSegment, type TextCheck } from './names.ts'
import { podErrors, podTemplateErrors } from './pod-spec.ts'
import * as workloads from './workloads.ts'

export { type MetadataRules, unqualifiedFinalizers, validateMetadata } from './metadata.ts'
export { isDns1035Label, isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName, type TextCheck } from './names.ts'
export { finalizerWarnings, warningsOf } from './warnings.ts'

/** `old` is given on update, `subresource` when the update came through one: `status`, `scale`, `ephemeralcontainers`. */
export type Validation = (object: KubeObject, old?: KubeObject, subresource?: string) => FieldError[]

// biome-ignore lint/suspicious/noExplicitAny: narrowed to Validation where it is handed out
const byKind: Record<string, (object: any, old?: any, subresource?: string) => FieldError[]> = {
  Pod: podErrors,
  PodTemplate: object => podTemplateErrors(object.template, 'template'),
  ReplicationController: workloads.replicationControllerErrors,
  Service: core.serviceErrors,
  ConfigMap: core.configMapErrors,
  Secret: core.secretErrors,
  Namespace: core.namespaceErrors,
  Node: core.nodeErrors,
  Endpoints: core.endpointsErrors,
  Event: core.eventErrors,
  ResourceQuota: core.resourceQuotaErrors,
  PersistentVolumeClaim: core.persistentVolumeClaimErrors,
  'Deployment.apps': workloads.deploymentErrors,
  'ReplicaSet.apps': workloads.replicaSetErrors,
  'StatefulSet.apps': workloads.statefulSetErrors,
  'DaemonSet.apps': workloads.daemonSetErrors,
  'Job.batch': workloads.jobErrors,
  'CronJob.batch': workloads.cronJobErrors,
  'EndpointSlice.discovery.k8s.io': groups.endpointSliceErrors,
  'HorizontalPodAutoscaler.autoscaling': groups.horizontalPodAutoscalerErrors,
  'PodDisruptionBudget.policy': groups.podDisruptionBudgetErrors,
  'Role.rbac.authorization.k8s.io': groups.roleErrors,
  'ClusterRole.rbac.authorization.k8s.io': groups.clusterRoleErrors,
  'RoleBinding.rbac.authorization.k8s.io': groups.roleBindingErrors,
  'ClusterRoleBinding.rbac.authorization.k8s.io': groups.clusterRoleBindingErrors,
  'Lease.coordination.k8s.io': groups.leaseErrors,
  'Ingress.networking.k8s.io': groups.ingressErrors,
  'StorageClass.storage.k8s.io': groups.storageClassErrors,
  'PriorityClass.scheduling.k8s.io': groups.priorityClassErrors,
}

/** @returns undefined for kinds without checks of their own; those have their schema's required fields checked by `requiredErrors` */
export const validationOf = (group: string, kind: string): Validation | undefined => byKind[group ? `${kind}.${group}` : kind]

type Dict = Record<string, unknown>
const isObject = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v)

/** What a schema requires and an object lacks. A string that is empty is lacking: Go does not tell the two apart. */
export function requiredErrors(schema: JsonSchema, value: unknown, path = ''): FieldError[] {
  if (Array.isArray(value))
    return value.flatMap((item, i) => (schema.items ? requiredErrors(schema.items, item, at(path, i)) : []))
  if (!isObject(value)) return []
  const lacking = (schema.required ?? []).filter(name => value[name] === undefined || value[name] === null || value[name] === '')
  return [
    ...lacking.map(name => required(child(path, name))),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, field]) =>
      value[name] === undefined ? [] : requiredErrors(field, value[name], child(path, name)),
    ),
  ]
}

const nameChecks: Record<string, TextCheck> = {
  Namespace: isDns1123Label,
  Service: isDns1035Label,
  'StatefulSet.apps': isDns1123Label,
  'Role.rbac.authorization.k8s.io': isPathSegment,
  'ClusterRole.rbac.authorization.k8s.io': isPathSegment,
  'RoleBinding.rbac.authorization.k8s.io': isPathSegment,
  'ClusterRoleBinding.rbac.authorization.k8s.io': isPathSegment,
}

/** How the names of a kind are written, where not as DNS subdomains. */
export const nameCheckOf = (group: string, kind: string): TextCheck | undefined => nameChecks[group ? `${kind}.${group}` : kind]

/** The defaults that Kubernetes gives to objects of its own types. Each changes the object in place and is pure otherwise. */
import type { KubeObject } from '../../meta.ts'
import * as core from './core.ts'
import * as groups from './groups.ts'
import { pod, podTemplate } from './pod.ts'
import * as workloads from './workloads.ts'

/** `old` is given on update. */
export type Defaults = (object: KubeObject, old?: KubeObject) => void

// biome-ignore lint/suspicious/noExplicitAny: narrowed to Defaults where it is handed out
const byKind: Record<string, (object: any, old?: any) => void> = {
  Pod: pod,
  PodTemplate: object => podTemplate(object.template),
  ReplicationController: workloads.replicationController,
  Service: core.service,
  Secret: core.secret,
  Endpoints: core.endpoints,
  Namespace: core.namespace,
  Node: core.node,
  PersistentVolume: core.persistentVolume,
  PersistentVolumeClaim: core.persistentVolumeClaim,
  LimitRange: core.limitRange,
  'Deployment.apps': workloads.deployment,
  'ReplicaSet.apps': workloads.replicaSet,
  'StatefulSet.apps': workloads.statefulSet,
  'DaemonSet.apps': workloads.daemonSet,
  'Job.batch': workloads.job,
  'CronJob.batch': workloads.cronJob,
  'EndpointSlice.discovery.k8s.io': groups.endpointSlice,
  'HorizontalPodAutoscaler.autoscaling': groups.horizontalPodAutoscaler,
  'RoleBinding.rbac.authorization.k8s.io': groups.roleBinding,
  'ClusterRoleBinding.rbac.authorization.k8s.io': groups.roleBinding,
  'NetworkPolicy.networking.k8s.io': groups.networkPolicy,
  'IngressClass.networking.k8s.io': groups.ingressClass,
  'StorageClass.storage.k8s.io': groups.storageClass,
  'CSIDriver.storage.k8s.io': groups.csiDriver,
  'PriorityClass.scheduling.k8s.io': groups.priorityClass,
  'ValidatingWebhookConfiguration.admissionregistration.k8s.io': groups.validatingWebhooks,
  'MutatingWebhookConfiguration.admissionregistration.k8s.io': groups.mutatingWebhooks,
  'ValidatingAdmissionPolicy.admissionregistration.k8s.io': groups.admissionPolicy,
  'ValidatingAdmissionPolicyBinding.admissionregistration.k8s.io': groups.admissionPolicyBinding,
  'CustomResourceDefinition.apiextensions.k8s.io': groups.customResourceDefinition,
}

/** @returns undefined when a kind has none */
export const defaultsOf = (group: string, kind: string): Defaults | undefined => byKind[group ? `${kind}.${group}` : kind]

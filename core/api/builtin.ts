/** Kubernetes' own kinds that Slipway reads and writes, for the typed client. Their types come from @kubernetes/client-node (types only: nothing of it is loaded). */
import type * as k8s from '@kubernetes/client-node'
import type { ResourceKind } from './kind.ts'
import type { KubeObject, ObjectMeta } from './meta.ts'

/** client-node types times as Date; on the wire, and here, they are RFC 3339 strings. */
type Wire<T> = T extends Date ? string : T extends (infer U)[] ? Wire<U>[] : T extends object ? { [K in keyof T]: Wire<T[K]> } : T
type Of<T> = KubeObject & Omit<Wire<T>, 'apiVersion' | 'kind' | 'metadata'> & { metadata: ObjectMeta }

const builtin = <T extends KubeObject>(
  group: string,
  version: string,
  kind: string,
  resource: string,
  namespaced = true,
): ResourceKind<T> => ({
  group,
  version,
  kind,
  resource,
  namespaced,
})

export type Pod = Of<k8s.V1Pod> & { spec: Wire<k8s.V1PodSpec> }
export type PodSpec = Wire<k8s.V1PodSpec>
export type Container = Wire<k8s.V1Container>
export type ContainerStatus = Wire<k8s.V1ContainerStatus>
export type Volume = Wire<k8s.V1Volume>
export type Probe = Wire<k8s.V1Probe>
export type EnvVar = Wire<k8s.V1EnvVar>
export const Pod = builtin<Pod>('', 'v1', 'Pod', 'pods')
export type Namespace = Of<k8s.V1Namespace>
export const Namespace = builtin<Namespace>('', 'v1', 'Namespace', 'namespaces', false)
export type Node = Of<k8s.V1Node>
export const Node = builtin<Node>('', 'v1', 'Node', 'nodes', false)
export type ConfigMap = Of<k8s.V1ConfigMap>
export const ConfigMap = builtin<ConfigMap>('', 'v1', 'ConfigMap', 'configmaps')
export type Secret = Of<k8s.V1Secret>
export const Secret = builtin<Secret>('', 'v1', 'Secret', 'secrets')
export type ServiceAccount = Of<k8s.V1ServiceAccount>
export const ServiceAccount = builtin<ServiceAccount>('', 'v1', 'ServiceAccount', 'serviceaccounts')
/** Kubernetes' own Service; Knative's is `Service` of `api/serving`. */
export type CoreService = Of<k8s.V1Service>
export const CoreService = builtin<CoreService>('', 'v1', 'Service', 'services')
export type CoreEvent = Of<k8s.CoreV1Event>
export const CoreEvent = builtin<CoreEvent>('', 'v1', 'Event', 'events')
export type Deployment = Of<k8s.V1Deployment> & { spec: Wire<k8s.V1DeploymentSpec> }
export const Deployment = builtin<Deployment>('apps', 'v1', 'Deployment', 'deployments')
export type ReplicaSet = Of<k8s.V1ReplicaSet> & { spec: Wire<k8s.V1ReplicaSetSpec> }
export const ReplicaSet = builtin<ReplicaSet>('apps', 'v1', 'ReplicaSet', 'replicasets')
export type Job = Of<k8s.V1Job> & { spec: Wire<k8s.V1JobSpec> }
export const Job = builtin<Job>('batch', 'v1', 'Job', 'jobs')
export type EndpointSlice = Of<k8s.V1EndpointSlice> & { endpoints: Wire<k8s.V1Endpoint>[]; addressType: string }
export const EndpointSlice = builtin<EndpointSlice>('discovery.k8s.io', 'v1', 'EndpointSlice', 'endpointslices')
export type Lease = Of<k8s.V1Lease>
export const Lease = builtin<Lease>('coordination.k8s.io', 'v1', 'Lease', 'leases')
export type CustomResourceDefinition = Of<k8s.V1CustomResourceDefinition>
export const CustomResourceDefinition = builtin<CustomResourceDefinition>(
  'apiextensions.k8s.io',
  'v1',
  'CustomResourceDefinition',
  'customresourcedefinitions',
  false,
)
export type CronJob = Of<k8s.V1CronJob> & { spec: Wire<k8s.V1CronJobSpec> }
export const CronJob = builtin<CronJob>('batch', 'v1', 'CronJob', 'cronjobs')
export type StatefulSet = Of<k8s.V1StatefulSet> & { spec: Wire<k8s.V1StatefulSetSpec> }
export const StatefulSet = builtin<StatefulSet>('apps', 'v1', 'StatefulSet', 'statefulsets')
export type DaemonSet = Of<k8s.V1DaemonSet> & { spec: Wire<k8s.V1DaemonSetSpec> }
export const DaemonSet = builtin<DaemonSet>('apps', 'v1', 'DaemonSet', 'daemonsets')
/** The older form of EndpointSlice, one object a Service. */
export type Endpoints = Of<k8s.V1Endpoints>
export const Endpoints = builtin<Endpoints>('', 'v1', 'Endpoints', 'endpoints')
export type ResourceQuota = Of<k8s.V1ResourceQuota>
export const ResourceQuota = builtin<ResourceQuota>('', 'v1', 'ResourceQuota', 'resourcequotas')
export type PodTemplateSpec = Wire<k8s.V1PodTemplateSpec>

/**
 * Every resource of Kubernetes' own that the server serves: one row each, with its names, scope, subresources and columns.
 * Source: the discovery documents of a kube-apiserver 1.34.
 */
import type { Column, ServedResource, Verb } from '../served-resource.ts'
import * as cluster from './columns/cluster.ts'
import { createdAt } from './columns/column.ts'
import { eventColumns } from './columns/event.ts'
import { horizontalPodAutoscalerColumns } from './columns/horizontal-pod-autoscaler.ts'
import * as network from './columns/network.ts'
import { podColumns, podRowConditions } from './columns/pod.ts'
import * as workloads from './columns/workloads.ts'

export interface BuiltinRow {
  /** `apps/v1`, or `v1`. */
  in: string
  kind: string
  resource: string
  /** Default: true. */
  namespaced?: boolean
  short?: string[]
  categories?: string[]
  columns?: readonly Column[]
  /** Default: false. */
  status?: boolean
  /** Default: none. True: Deployment's paths. */
  scale?: boolean
  subresources?: string[]
  verbs?: Verb[]
  ownNameColumn?: boolean
  deprecationWarning?: string
  rowConditions?: ServedResource['rowConditions']
}

const atClusterScope = { namespaced: false } as const
const all = ['all']
const extensions = ['api-extensions']
const createOnly: Verb[] = ['create']
const review = { verbs: createOnly, namespaced: false }

export const builtinRows: BuiltinRow[] = [
  { in: 'v1', kind: 'Binding', resource: 'bindings', verbs: createOnly },
  { in: 'v1', kind: 'ConfigMap', resource: 'configmaps', short: ['cm'], columns: cluster.configMapColumns },
  {
    in: 'v1',
    kind: 'Endpoints',
    resource: 'endpoints',
    short: ['ep'],
    columns: network.endpointsColumns,
    deprecationWarning: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  },
  { in: 'v1', kind: 'Event', resource: 'events', short: ['ev'], columns: eventColumns, ownNameColumn: true },
  { in: 'v1', kind: 'LimitRange', resource: 'limitranges', short: ['limits'] },
  {
    in: 'v1',
    kind: 'Namespace',
    resource: 'namespaces',
    ...atClusterScope,
    short: ['ns'],
    columns: cluster.namespaceColumns,
    status: true,
    subresources: ['finalize'],
    verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  },
  { in: 'v1', kind: 'Node', resource: 'nodes', ...atClusterScope, short: ['no'], columns: cluster.nodeColumns, status: true },
  {
    in: 'v1',
    kind: 'PersistentVolumeClaim',
    resource: 'persistentvolumeclaims',
    short: ['pvc'],
    columns: cluster.persistentVolumeClaimColumns,
    status: true,
  },
  {
    in: 'v1',
    kind: 'PersistentVolume',
    resource: 'persistentvolumes',
    ...atClusterScope,
    short: ['pv'],
    columns: cluster.persistentVolumeColumns,
    status: true,
  },
  {
    in: 'v1',
    kind: 'Pod',
    resource: 'pods',
    short: ['po'],
    categories: all,
    columns: podColumns,
    status: true,
    subresources: ['attach', 'binding', 'ephemeralcontainers', 'eviction', 'exec', 'log', 'portforward'],
    rowConditions: podRowConditions as BuiltinRow['rowConditions'],
  },
  { in: 'v1', kind: 'PodTemplate', resource: 'podtemplates', columns: workloads.podTemplateColumns },
  {
    in: 'v1',
    kind: 'ReplicationController',
    resource: 'replicationcontrollers',
    short: ['rc'],
    categories: all,
    columns: workloads.replicationControllerColumns,
    status: true,
    scale: true,
  },
  {
    in: 'v1',
    kind: 'ResourceQuota',
    resource: 'resourcequotas',
    short: ['quota'],
    columns: cluster.resourceQuotaColumns,
    status: true,
  },
  { in: 'v1', kind: 'Secret', resource: 'secrets', columns: cluster.secretColumns },
  {
    in: 'v1',
    kind: 'ServiceAccount',
    resource: 'serviceaccounts',
    short: ['sa'],
    columns: cluster.serviceAccountColumns,
    subresources: ['token'],
  },
  {
    in: 'v1',
    kind: 'Service',
    resource: 'services',
    short: ['svc'],
    categories: all,
    columns: network.serviceColumns,
    status: true,
  },

  {
    in: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    resource: 'apiservices',
    ...atClusterScope,
    categories: extensions,
    columns: cluster.apiServiceColumns,
    status: true,
  },

  { in: 'apps/v1', kind: 'ControllerRevision', resource: 'controllerrevisions', columns: workloads.controllerRevisionColumns },
  {
    in: 'apps/v1',
    kind: 'DaemonSet',
    resource: 'daemonsets',
    short: ['ds'],
    categories: all,
    columns: workloads.daemonSetColumns,
    status: true,
  },
  {
    in: 'apps/v1',
    kind: 'Deployment',
    resource: 'deployments',
    short: ['deploy'],
    categories: all,
    columns: workloads.deploymentColumns,
    status: true,
    scale: true,
  },
  {
    in: 'apps/v1',
    kind: 'ReplicaSet',
    resource: 'replicasets',
    short: ['rs'],
    categories: all,
    columns: workloads.replicaSetColumns,
    status: true,
    scale: true,
  },
  {
    in: 'apps/v1',
    kind: 'StatefulSet',
    resource: 'statefulsets',
    short: ['sts'],
    categories: all,
    columns: workloads.statefulSetColumns,
    status: true,
    scale: true,
  },

  { in: 'events.k8s.io/v1', kind: 'Event', resource: 'events', short: ['ev'], columns: eventColumns, ownNameColumn: true },

  { in: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', resource: 'selfsubjectreviews', ...review },
  { in: 'authentication.k8s.io/v1', kind: 'TokenReview', resource: 'tokenreviews', ...review },
  { in: 'authorization.k8s.io/v1', kind: 'LocalSubjectAccessReview', resource: 'localsubjectaccessreviews', verbs: createOnly },
  { in: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', resource: 'selfsubjectaccessreviews', ...review },
  { in: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', resource: 'selfsubjectrulesreviews', ...review },
  { in: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', resource: 'subjectaccessreviews', ...review },

  {
    in: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    resource: 'horizontalpodautoscalers',
    short: ['hpa'],
    categories: all,
    columns: horizontalPodAutoscalerColumns,
    status: true,
  },
  {
    in: 'autoscaling/v1',
    kind: 'HorizontalPodAutoscaler',
    resource: 'horizontalpodautoscalers',
    short: ['hpa'],
    categories: all,
    columns: horizontalPodAutoscalerColumns,
    status: true,
  },

  {
    in: 'batch/v1',
    kind: 'CronJob',
    resource: 'cronjobs',
    short: ['cj'],
    categories: all,
    columns: workloads.cronJobColumns,
    status: true,
  },
  { in: 'batch/v1', kind: 'Job', resource: 'jobs', categories: all, columns: workloads.jobColumns, status: true },

  {
    in: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    resource: 'certificatesigningrequests',
    ...atClusterScope,
    short: ['csr'],
    columns: cluster.certificateSigningRequestColumns,
    status: true,
    subresources: ['approval'],
  },

  {
    in: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    resource: 'ingressclasses',
    ...atClusterScope,
    columns: network.ingressClassColumns,
  },
  {
    in: 'networking.k8s.io/v1',
    kind: 'Ingress',
    resource: 'ingresses',
    short: ['ing'],
    columns: network.ingressColumns,
    status: true,
  },
  {
    in: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    resource: 'ipaddresses',
    ...atClusterScope,
    short: ['ip'],
    columns: network.ipAddressColumns,
  },
  {
    in: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    resource: 'networkpolicies',
    short: ['netpol'],
    columns: network.networkPolicyColumns,
  },
  {
    in: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    resource: 'servicecidrs',
    ...atClusterScope,
    columns: network.serviceCidrColumns,
    status: true,
  },

  {
    in: 'policy/v1',
    kind: 'PodDisruptionBudget',
    resource: 'poddisruptionbudgets',
    short: ['pdb'],
    columns: workloads.podDisruptionBudgetColumns,
    status: true,
  },

  {
    in: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    resource: 'clusterrolebindings',
    ...atClusterScope,
    columns: cluster.bindingColumns,
  },
  { in: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', resource: 'clusterroles', ...atClusterScope, columns: [createdAt] },
  { in: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', resource: 'rolebindings', columns: cluster.bindingColumns },
  { in: 'rbac.authorization.k8s.io/v1', kind: 'Role', resource: 'roles', columns: [createdAt] },

  { in: 'storage.k8s.io/v1', kind: 'CSIDriver', resource: 'csidrivers', ...atClusterScope, columns: cluster.csiDriverColumns },
  { in: 'storage.k8s.io/v1', kind: 'CSINode', resource: 'csinodes', ...atClusterScope, columns: cluster.csiNodeColumns },
  { in: 'storage.k8s.io/v1', kind: 'CSIStorageCapacity', resource: 'csistoragecapacities' },
  {
    in: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    resource: 'storageclasses',
    ...atClusterScope,
    short: ['sc'],
    columns: cluster.storageClassColumns,
    ownNameColumn: true,
  },
  {
    in: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    resource: 'volumeattachments',
    ...atClusterScope,
    columns: cluster.volumeAttachmentColumns,
    status: true,
  },
  {
    in: 'storage.k8s.io/v1',
    kind: 'VolumeAttributesClass',
    resource: 'volumeattributesclasses',
    ...atClusterScope,
    short: ['vac'],
    columns: cluster.volumeAttributesClassColumns,
  },

  {
    in: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    resource: 'mutatingwebhookconfigurations',
    ...atClusterScope,
    categories: extensions,
    columns: cluster.webhookConfigurationColumns,
  },
  {
    in: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    resource: 'validatingadmissionpolicies',
    ...atClusterScope,
    categories: extensions,
    columns: cluster.admissionPolicyColumns,
    status: true,
  },
  {
    in: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicyBinding',
    resource: 'validatingadmissionpolicybindings',
    ...atClusterScope,
    categories: extensions,
    columns: cluster.admissionPolicyBindingColumns,
  },
  {
    in: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    resource: 'validatingwebhookconfigurations',
    ...atClusterScope,
    categories: extensions,
    columns: cluster.webhookConfigurationColumns,
  },

  {
    in: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    resource: 'customresourcedefinitions',
    ...atClusterScope,
    short: ['crd', 'crds'],
    categories: extensions,
    columns: [createdAt],
    status: true,
  },
  {
    in: 'scheduling.k8s.io/v1',
    kind: 'PriorityClass',
    resource: 'priorityclasses',
    ...atClusterScope,
    short: ['pc'],
    columns: cluster.priorityClassColumns,
  },
  { in: 'coordination.k8s.io/v1', kind: 'Lease', resource: 'leases', columns: cluster.leaseColumns },
  {
    in: 'node.k8s.io/v1',
    kind: 'RuntimeClass',
    resource: 'runtimeclasses',
    ...atClusterScope,
    columns: cluster.runtimeClassColumns,
  },
  { in: 'discovery.k8s.io/v1', kind: 'EndpointSlice', resource: 'endpointslices', columns: network.endpointSliceColumns },
]

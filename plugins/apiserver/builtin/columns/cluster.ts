/** Columns of nodes, namespaces, storage and the small kinds of every group. Source: pkg/printers/internalversion/printers.go */
import type { KubeObject } from '@slipway/core/api'
import { humanDuration } from '../../table/age.ts'
import { nameColumn } from '../../table/table.ts'
import { age, count, flag, type Loose, text, wide } from './column.ts'
import { none, unset } from './format.ts'

export const namespaceColumns = [text('Status', o => o.status?.phase ?? '', 'The status of the namespace'), age]
export const configMapColumns = [
  {
    ...count('Data', o => Object.keys(o.data ?? {}).length + Object.keys(o.binaryData ?? {}).length, '@core.v1.ConfigMap/data'),
    type: 'string' as const,
  },
  age,
]
export const secretColumns = [
  text('Type', o => o.type ?? '', '@core.v1.Secret/type'),
  { ...count('Data', o => Object.keys(o.data ?? {}).length, '@core.v1.Secret/data'), type: 'string' as const },
  age,
]
export const serviceAccountColumns = [
  { ...count('Secrets', o => o.secrets?.length, '@core.v1.ServiceAccount/secrets'), type: 'string' as const },
  age,
]
export const leaseColumns = [text('Holder', o => o.spec?.holderIdentity ?? '', '@coordination.v1.LeaseSpec/holderIdentity'), age]

function nodeStatus({ spec, status }: Loose): string {
  const ready = status?.conditions?.find((c: { type: string }) => c.type === 'Ready')
  const word = ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown'
  return spec?.unschedulable ? `${word},SchedulingDisabled` : word
}
const rolePrefix = 'node-role.kubernetes.io/'
function nodeRoles({ metadata: { labels = {} } }: Loose): string {
  const roles = Object.entries(labels).flatMap(([key, value]) => {
    if (key.startsWith(rolePrefix) && key.length > rolePrefix.length) return [key.slice(rolePrefix.length)]
    return key === 'kubernetes.io/role' && value ? [value] : []
  })
  return [...new Set(roles)].sort().join(',') || none
}
const address = (type: string) => (o: Loose) =>
  o.status?.addresses?.find((a: { type: string }) => a.type === type)?.address ?? none

export const nodeColumns = [
  text('Status', nodeStatus, 'The status of the node'),
  text('Roles', nodeRoles, 'The roles of the node'),
  age,
  text('Version', o => o.status?.nodeInfo?.kubeletVersion ?? '', '@core.v1.NodeSystemInfo/kubeletVersion'),
  wide('Internal-IP', address('InternalIP'), '@core.v1.NodeStatus/addresses'),
  wide('External-IP', address('ExternalIP'), '@core.v1.NodeStatus/addresses'),
  wide('OS-Image', o => o.status?.nodeInfo?.osImage || '<unknown>', '@core.v1.NodeSystemInfo/osImage'),
  wide('Kernel-Version', o => o.status?.nodeInfo?.kernelVersion || '<unknown>', '@core.v1.NodeSystemInfo/kernelVersion'),
  wide(
    'Container-Runtime',
    o => o.status?.nodeInfo?.containerRuntimeVersion || '<unknown>',
    '@core.v1.NodeSystemInfo/containerRuntimeVersion',
  ),
]

const modeNames: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}
const accessModes = (modes: string[] | undefined) =>
  Object.entries(modeNames)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')
const betaClass = 'volume.beta.kubernetes.io/storage-class'
const storageClass = ({ metadata, spec }: Loose) => metadata.annotations?.[betaClass] ?? spec.storageClassName ?? ''
const volumePhase = (o: Loose) => (o.metadata.deletionTimestamp ? 'Terminating' : (o.status?.phase ?? ''))

export const persistentVolumeColumns = [
  text('Capacity', o => o.spec.capacity?.storage ?? '0', '@core.v1.PersistentVolumeSpec/capacity'),
  text('Access Modes', o => accessModes(o.spec.accessModes), '@core.v1.PersistentVolumeSpec/accessModes'),
  text(
    'Reclaim Policy',
    o => o.spec.persistentVolumeReclaimPolicy ?? '',
    '@core.v1.PersistentVolumeSpec/persistentVolumeReclaimPolicy',
  ),
  text('Status', volumePhase, '@core.v1.PersistentVolumeStatus/phase'),
  text(
    'Claim',
    ({ spec: { claimRef: ref } }) => (ref ? `${ref.namespace ?? ''}/${ref.name ?? ''}` : ''),
    '@core.v1.PersistentVolumeSpec/claimRef',
  ),
  text('StorageClass', storageClass, 'StorageClass of the pv'),
  text('VolumeAttributesClass', o => o.spec.volumeAttributesClassName ?? unset, 'VolumeAttributesClass of the pv'),
  text('Reason', o => o.status?.reason ?? '', '@core.v1.PersistentVolumeStatus/reason'),
  age,
  wide('VolumeMode', o => o.spec.volumeMode ?? unset, '@core.v1.PersistentVolumeSpec/volumeMode'),
]
export const persistentVolumeClaimColumns = [
  text('Status', volumePhase, '@core.v1.PersistentVolumeClaimStatus/phase'),
  text('Volume', o => o.spec.volumeName ?? '', '@core.v1.PersistentVolumeClaimSpec/volumeName'),
  text(
    'Capacity',
    o => (o.spec.volumeName ? (o.status?.capacity?.storage ?? '0') : ''),
    '@core.v1.PersistentVolumeClaimStatus/capacity',
  ),
  text(
    'Access Modes',
    o => (o.spec.volumeName ? accessModes(o.status?.accessModes) : ''),
    '@core.v1.PersistentVolumeClaimStatus/accessModes',
  ),
  text('StorageClass', storageClass, 'StorageClass of the pvc'),
  text('VolumeAttributesClass', o => o.spec.volumeAttributesClassName ?? unset, 'VolumeAttributesClass of the pvc'),
  age,
  wide('VolumeMode', o => o.spec.volumeMode ?? unset, '@core.v1.PersistentVolumeClaimSpec/volumeMode'),
]
const defaultClass = 'storageclass.kubernetes.io/is-default-class'
const isDefaultClass = (o: Loose) => o.metadata.annotations?.[defaultClass] === 'true'
/** Name included: it says which class is the default. */
export const storageClassColumns = [
  { ...nameColumn, cell: (o: KubeObject) => `${o.metadata.name}${isDefaultClass(o) ? ' (default)' : ''}` },
  text('Provisioner', o => o.provisioner, '@storage.v1.StorageClass/provisioner'),
  text('ReclaimPolicy', o => o.reclaimPolicy ?? 'Delete', '@storage.v1.StorageClass/reclaimPolicy'),
  text('VolumeBindingMode', o => o.volumeBindingMode ?? 'Immediate', '@storage.v1.StorageClass/volumeBindingMode'),
  {
    ...flag('AllowVolumeExpansion', o => o.allowVolumeExpansion ?? false, '@storage.v1.StorageClass/allowVolumeExpansion'),
    type: 'string' as const,
  },
  age,
]
export const volumeAttributesClassColumns = [text('DriverName', o => o.driverName), age]
export const volumeAttachmentColumns = [
  { ...text('Attacher', o => o.spec.attacher), format: 'name' },
  text('PV', o => o.spec.source?.persistentVolumeName ?? ''),
  text('Node', o => o.spec.nodeName),
  flag('Attached', o => o.status?.attached ?? false),
  age,
]
export const csiNodeColumns = [
  count('Drivers', o => o.spec.drivers?.length, 'Drivers indicates the number of CSI drivers registered on the node'),
  age,
]
export const csiDriverColumns = [
  flag('AttachRequired', o => o.spec.attachRequired ?? true),
  flag('PodInfoOnMount', o => o.spec.podInfoOnMount ?? false),
  flag('StorageCapacity', o => o.spec.storageCapacity ?? false),
  text('TokenRequests', o => o.spec.tokenRequests?.map((t: { audience: string }) => t.audience).join(',') ?? unset),
  flag('RequiresRepublish', o => o.spec.requiresRepublish ?? false),
  text('Modes', o => (o.spec.volumeLifecycleModes ?? []).join(',') || none),
  age,
]

function quotaCells(o: Loose, limits: boolean): string {
  const { hard = {}, used = {} } = o.status ?? {}
  return Object.keys(hard)
    .sort()
    .filter(name => name.startsWith('limits.') === limits)
    .map(name => `${name}: ${used[name] ?? '0'}/${hard[name]}`)
    .join(', ')
}
export const resourceQuotaColumns = [
  text('Request', o => quotaCells(o, false), 'Request represents a minimum amount of cpu/memory that a container may consume.'),
  text(
    'Limit',
    o => quotaCells(o, true),
    'Limits control the maximum amount of cpu/memory that a container may use independent of contention on the node.',
  ),
  age,
]
export const priorityClassColumns = [
  count('Value', o => o.value, '@scheduling.v1.PriorityClass/value'),
  flag('Global-Default', o => o.globalDefault ?? false, '@scheduling.v1.PriorityClass/globalDefault'),
  age,
  wide('PreemptionPolicy', o => o.preemptionPolicy ?? '', '@scheduling.v1.PriorityClass/preemptionPolicy'),
]
export const runtimeClassColumns = [text('Handler', o => o.handler, '@node.v1.RuntimeClass/handler'), age]

function requestStatus({ status }: Loose): string {
  const has = (type: string) => status?.conditions?.some((c: { type: string }) => c.type === type)
  const decision = has('Denied') ? 'Denied' : has('Approved') ? 'Approved' : 'Pending'
  return `${decision}${has('Failed') ? ',Failed' : ''}${status?.certificate ? ',Issued' : ''}`
}
export const certificateSigningRequestColumns = [
  age,
  text('SignerName', o => o.spec.signerName || none),
  text('Requestor', o => o.spec.username ?? ''),
  text('RequestedDuration', o =>
    o.spec.expirationSeconds === undefined ? none : humanDuration(o.spec.expirationSeconds * 1000),
  ),
  text('Condition', requestStatus),
]
export const webhookConfigurationColumns = [
  count('Webhooks', o => o.webhooks?.length, 'Webhooks indicates the number of webhooks registered in this configuration'),
  age,
]
export const admissionPolicyColumns = [
  count(
    'Validations',
    o => o.spec?.validations?.length,
    'Validations indicates the number of validation rules defined in this configuration',
  ),
  text('ParamKind', ({ spec }) => (spec?.paramKind ? `${spec.paramKind.apiVersion}/${spec.paramKind.kind}` : unset)),
  age,
]
export const admissionPolicyBindingColumns = [
  text('PolicyName', o => o.spec?.policyName ?? ''),
  text('ParamRef', ({ spec: { paramRef: ref } }) => (ref ? (ref.namespace ? `${ref.namespace}/${ref.name}` : ref.name) : unset)),
  age,
]
export const apiServiceColumns = [
  text(
    'Service',
    ({ spec }) => (spec?.service ? `${spec.service.namespace}/${spec.service.name}` : 'Local'),
    'The reference to the service that hosts this API endpoint.',
  ),
  text('Available', apiServiceAvailable, 'Whether this service is available.'),
  age,
]
function apiServiceAvailable({ status }: Loose): string {
  const condition = status?.conditions?.find((c: { type: string }) => c.type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`
}

interface Subject {
  kind: string
  name: string
  namespace?: string
}
const subjects = (kind: string) => (o: Loose) =>
  ((o.subjects ?? []) as Subject[])
    .filter(s => s.kind === kind)
    .map(s => (s.namespace ? `${s.namespace}/${s.name}` : s.name))
    .join(', ')
export const bindingColumns = [
  text('Role', o => `${o.roleRef?.kind ?? ''}/${o.roleRef?.name ?? ''}`, '@rbac.v1.RoleBinding/roleRef'),
  age,
  wide('Users', subjects('User'), 'Users in the roleBinding'),
  wide('Groups', subjects('Group'), 'Groups in the roleBinding'),
  wide('ServiceAccounts', subjects('ServiceAccount'), 'ServiceAccounts in the roleBinding'),
]

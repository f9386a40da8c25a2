/** Defaults of the core group's other kinds. Source: k8s.io/kubernetes pkg/apis/core/v1/defaults.go, pkg/registry/core */
import { each, type LooseObject } from '../loose.ts'
import { setDefault } from './set-default.ts'

export function service(object: LooseObject, old?: LooseObject): void {
  const { spec } = object
  // A client that knows only one address writes only that. Source: pkg/registry/core/service/strategy.go, NormalizeClusterIPs
  const before = old?.spec.clusterIP
  if (before && spec.clusterIP && spec.clusterIP !== before && spec.clusterIPs?.[0] === before)
    spec.clusterIPs = [spec.clusterIP, ...spec.clusterIPs.slice(1)]
  setDefault(spec, 'sessionAffinity', 'None')
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  else if (spec.sessionAffinity === 'ClientIP')
    spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: 10_800, ...spec.sessionAffinityConfig?.clientIP } }
  setDefault(spec, 'type', 'ClusterIP')
  for (const port of each(spec.ports)) {
    setDefault(port, 'protocol', 'TCP')
    if (port.targetPort === 0) port.targetPort = port.port
    setDefault(port, 'targetPort', port.port)
  }
  const external = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  if (external || (spec.type === 'ClusterIP' && spec.externalIPs?.length)) setDefault(spec, 'externalTrafficPolicy', 'Cluster')
  if (external || spec.type === 'ClusterIP') setDefault(spec, 'internalTrafficPolicy', 'Cluster')
  if (spec.type === 'LoadBalancer') spec.allocateLoadBalancerNodePorts ??= true
}

/** `stringData` is write-only: it lands in `data`. Source: pkg/apis/core/v1/conversion.go, Convert_v1_Secret_To_core_Secret */
export function secret(object: LooseObject): void {
  setDefault(object, 'type', 'Opaque')
  if (!object.stringData) return
  object.data = { ...object.data }
  for (const [key, value] of Object.entries(object.stringData)) object.data[key] = Buffer.from(String(value)).toString('base64')
  delete object.stringData
}

export function endpoints(object: LooseObject): void {
  for (const subset of each(object.subsets)) for (const port of each(subset.ports)) setDefault(port, 'protocol', 'TCP')
}

export function namespace({ metadata }: LooseObject): void {
  if (metadata.name) metadata.labels = { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }
}

export function node({ spec, status }: LooseObject): void {
  // Clients of old know only one network. Source: pkg/apis/core/v1/conversion.go, Convert_v1_NodeSpec_To_core_NodeSpec
  if (spec?.podCIDR && spec.podCIDR !== spec.podCIDRs?.[0]) spec.podCIDRs = [spec.podCIDR]
  else if (spec?.podCIDRs?.length) spec.podCIDR = spec.podCIDRs[0]
  if (status?.capacity && !status.allocatable) status.allocatable = { ...status.capacity }
}

export function persistentVolume(object: LooseObject): void {
  object.status ??= {}
  setDefault(object.status, 'phase', 'Pending')
  setDefault(object.spec, 'persistentVolumeReclaimPolicy', 'Retain')
  setDefault(object.spec, 'volumeMode', 'Filesystem')
}

export function persistentVolumeClaim(object: LooseObject): void {
  object.status ??= {}
  setDefault(object.status, 'phase', 'Pending')
  setDefault(object.spec, 'volumeMode', 'Filesystem')
}

export function limitRange({ spec }: LooseObject): void {
  for (const item of each(spec.limits)) {
    if (item.type !== 'Container') continue
    item.default = { ...item.max, ...item.default }
    item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest }
  }
}

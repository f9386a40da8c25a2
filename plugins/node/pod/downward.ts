/** The downward API: what a container may know of its pod. Pure. Source: kubelet pkg/fieldpath and api/v1/resource/helpers.go */
import { type k8s, parseQuantity } from '@slipway/core/api'

/** The user's fault: something that the pod refers to is missing. Shown as CreateContainerConfigError. */
export class ConfigError extends Error {
  readonly reason = 'CreateContainerConfigError'
}

export interface PodFacts {
  pod: k8s.Pod
  nodeName: string
  hostIP: string
  podIP: string
  /** What the node can give: cores, bytes. Stands in for limits that are not set. */
  allocatable: { cpu: number; memory: number }
}

const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/

/** @throws ConfigError for a path that the downward API does not know */
export function fieldOfPod(path: string, { pod, nodeName, hostIP, podIP }: PodFacts): string {
  const { metadata, spec } = pod
  const keyed = subscript.exec(path)
  if (keyed) return metadata[keyed[1] as 'labels' | 'annotations']?.[keyed[2]!] ?? ''
  const fields: Record<string, () => string> = {
    'metadata.name': () => metadata.name,
    'metadata.namespace': () => metadata.namespace ?? '',
    'metadata.uid': () => metadata.uid ?? '',
    'metadata.labels': () => formatMap(metadata.labels),
    'metadata.annotations': () => formatMap(metadata.annotations),
    'spec.nodeName': () => nodeName,
    'spec.serviceAccountName': () => spec.serviceAccountName ?? 'default',
    'status.hostIP': () => hostIP,
    'status.hostIPs': () => hostIP,
    'status.podIP': () => podIP,
    'status.podIPs': () => podIP,
  }
  const read = fields[path]
  if (!read) throw new ConfigError(`unsupported fieldPath: ${path}`)
  return read()
}

/** `key="value"`, one a line, sorted. */
const formatMap = (map: Record<string, string> = {}): string =>
  Object.keys(map)
    .sort()
    .map(key => `${key}=${JSON.stringify(map[key])}`)
    .join('\n')

/** A limit or request of a container, divided and rounded up. @throws ConfigError */
export function resourceOfContainer(
  ref: { containerName?: string; resource: string; divisor?: string },
  own: string,
  facts: PodFacts,
): string {
  const { spec } = facts.pod
  const name = ref.containerName || own
  const container = [...(spec.initContainers ?? []), ...spec.containers].find(c => c.name === name)
  if (!container) throw new ConfigError(`container ${name} not found`)
  const [kind, what] = ref.resource.split(/\.(.*)/) as ['limits' | 'requests', string]
  if (!['limits', 'requests'].includes(kind) || !what) throw new ConfigError(`unsupported container resource: ${ref.resource}`)
  const { requests, limits } = container.resources ?? {}
  const set = kind === 'limits' ? limits?.[what] : (requests?.[what] ?? limits?.[what])
  const fallback = kind === 'limits' ? (facts.allocatable as Record<string, number>)[what] : 0
  const value = set === undefined ? (fallback ?? 0) : parseQuantity(set)
  const divisor = ref.divisor && parseQuantity(ref.divisor) ? parseQuantity(ref.divisor) : 1
  return String(Math.ceil(value / divisor - 1e-9))
}

/**
 * The endpoints of a Service: which pods, in which state, on which ports. Pure.
 * Source: endpointslice/utils.go and reconciler.go of k8s.io/endpointslice, pkg/controller/endpoint (Kubernetes 1.34)
 */
import type { k8s } from '@slipway/core/api'
import { isReady, isTerminal } from '../pods/pod-state.ts'
import { hasLabels } from '../selector.ts'

type Service = k8s.CoreService
type Pod = k8s.Pod
export type SlicePort = NonNullable<k8s.EndpointSlice['ports']>[number]
export type SliceEndpoint = k8s.EndpointSlice['endpoints'][number]

/** Does this Service have its endpoints made? Those without a selector, and mere names, have not. */
export const isSelecting = ({ spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && spec?.selector !== undefined && Object.keys(spec.selector).length > 0

export const selectedPods = (service: Service, pods: Iterable<Pod>): Pod[] =>
  [...pods].filter(
    pod => hasLabels(pod.metadata.labels, service.spec!.selector!) && !isTerminal(pod) && pod.status?.podIP && pod.spec.nodeName,
  )

/** The container port that a target port stands for on this pod; a name is looked up in its containers. */
export function targetPort(
  pod: Pod,
  port: { port: number; targetPort?: number | string; protocol?: string },
): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target
  const sidecars = (pod.spec.initContainers ?? []).filter(c => c.restartPolicy === 'Always')
  for (const container of [...pod.spec.containers, ...sidecars])
    for (const { name, containerPort, protocol = 'TCP' } of container.ports ?? [])
      if (name === target && protocol === (port.protocol ?? 'TCP')) return containerPort
  return /^\d+$/.test(target) ? Number(target) : undefined
}

/** The ports of a Service on one pod; a name that the pod does not have is left out. A headless Service may have none. */
export const portsOn = (service: Service, pod: Pod): SlicePort[] =>
  (service.spec?.ports ?? []).flatMap(port => {
    const number = targetPort(pod, port)
    if (number === undefined) return []
    return {
      name: port.name ?? '',
      port: number,
      protocol: port.protocol ?? 'TCP',
      ...(port.appProtocol && { appProtocol: port.appProtocol }),
    }
  })

const publishesNotReady = ({ spec, metadata }: Service) =>
  spec?.publishNotReadyAddresses === true ||
  metadata.annotations?.['service.alpha.kubernetes.io/tolerate-unready-endpoints'] === 'true'

/** One pod's entry. `ready` is false while terminating, `serving` is not (KEP-1672). */
export function endpointOf(service: Service, pod: Pod): SliceEndpoint {
  const serving = isReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const { name, namespace, uid } = pod.metadata
  const isNamed = pod.spec.hostname && pod.spec.subdomain === service.metadata.name
  return {
    addresses: [pod.status!.podIP!],
    conditions: { ready: publishesNotReady(service) || (serving && !terminating), serving, terminating },
    ...(isNamed && { hostname: pod.spec.hostname! }),
    nodeName: pod.spec.nodeName!,
    targetRef: { kind: 'Pod', ...(namespace && { namespace }), name, ...(uid && { uid }) },
  }
}

export interface EndpointGroup {
  ports: SlicePort[]
  endpoints: SliceEndpoint[]
}

/** Pods with the same ports together, in order of their names, so that the same pods always give the same slices. */
export function endpointGroups(service: Service, pods: Pod[]): EndpointGroup[] {
  const groups = new Map<string, EndpointGroup>()
  for (const pod of [...pods].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))) {
    const ports = portsOn(service, pod)
    if (!ports.length && service.spec?.ports?.length) continue
    const key = JSON.stringify(ports)
    const group = groups.get(key) ?? { ports, endpoints: [] }
    group.endpoints.push(endpointOf(service, pod))
    groups.set(key, group)
  }
  return [...groups.values()]
}

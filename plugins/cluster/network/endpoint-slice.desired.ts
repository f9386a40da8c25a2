/** The EndpointSlices of a Service. Pure. Source: k8s.io/endpointslice (Kubernetes 1.34) */
import { controllerRef, k8s, objectOf } from '@slipway/core/api'
import { suffixed, suffixOf } from '../pods/name-suffix.ts'
import { endpointGroups } from './endpoints-of-service.ts'

export const managedBy = 'endpointslice-controller.k8s.io'
export const managedByLabel = 'endpointslice.kubernetes.io/managed-by'
export const serviceNameLabel = 'kubernetes.io/service-name'
const headlessLabel = 'service.kubernetes.io/headless'
const maxEndpoints = 100

const ownLabels = new Set([managedByLabel, serviceNameLabel, headlessLabel])

function labelsOf(service: k8s.CoreService): Record<string, string> {
  const inherited = Object.entries(service.metadata.labels ?? {}).filter(([key]) => !ownLabels.has(key))
  return {
    ...Object.fromEntries(inherited),
    ...(service.spec?.clusterIP === 'None' && { [headlessLabel]: '' }),
    [managedByLabel]: managedBy,
    [serviceNameLabel]: service.metadata.name,
  }
}

/**
 * One slice for each hundred endpoints of the same ports; one empty slice where there are none. Names follow from the Service and the
 * slice's place, so a change of one pod rewrites one slice.
 */
export function endpointSlices(service: k8s.CoreService, pods: k8s.Pod[]): k8s.EndpointSlice[] {
  const groups = endpointGroups(service, pods)
  const chunks = (groups.length ? groups : [{ ports: [], endpoints: [] }]).flatMap(({ ports, endpoints }) =>
    Array.from({ length: Math.max(1, Math.ceil(endpoints.length / maxEndpoints)) }, (_, i) => ({
      ports,
      endpoints: endpoints.slice(i * maxEndpoints, (i + 1) * maxEndpoints),
    })),
  )
  const { name, namespace, uid } = service.metadata
  return chunks.map(({ ports, endpoints }, place) =>
    objectOf(k8s.EndpointSlice, {
      metadata: {
        name: suffixed(name, suffixOf(`${uid}/${place}`), 253),
        ...(namespace && { namespace }),
        labels: labelsOf(service),
        ownerReferences: [controllerRef(service)],
      },
      addressType: 'IPv4',
      endpoints,
      ports,
    }),
  )
}

/** The v1 Endpoints of a Service, which `kubectl describe service` of before 1.31 and older clients read. Pure. Source: pkg/controller/endpoint */
import { k8s, objectOf } from '@slipway/core/api'
import { endpointGroups } from './endpoints-of-service.ts'

type Subset = NonNullable<k8s.Endpoints['subsets']>[number]
const maxAddresses = 1000

export function legacyEndpoints(service: k8s.CoreService, pods: k8s.Pod[]): k8s.Endpoints {
  const { name, namespace, labels } = service.metadata
  const staying = pods.filter(pod => !pod.metadata.deletionTimestamp).slice(0, maxAddresses)
  const subsets = endpointGroups(service, staying).map(({ ports, endpoints }): Subset => {
    const address = ({ addresses, hostname, nodeName, targetRef }: (typeof endpoints)[number]) => ({
      ip: addresses[0]!,
      ...(hostname && { hostname }),
      ...(nodeName && { nodeName }),
      ...(targetRef && { targetRef }),
    })
    const ready = endpoints.filter(e => e.conditions?.ready).map(address)
    const notReady = endpoints.filter(e => !e.conditions?.ready).map(address)
    return {
      ...(ready.length && { addresses: ready }),
      ...(notReady.length && { notReadyAddresses: notReady }),
      // One nameless port is written without a name.
      ports: ports.map(({ name: portName, ...port }) => ({ ...(portName && { name: portName }), ...port, port: port.port! })),
    }
  })
  return objectOf(k8s.Endpoints, {
    metadata: {
      name,
      ...(namespace && { namespace }),
      labels: {
        ...labels,
        'endpoints.kubernetes.io/managed-by': 'endpoint-controller',
        ...(service.spec?.clusterIP === 'None' && { 'service.kubernetes.io/headless': '' }),
      },
    },
    ...(subsets.length && { subsets }),
  })
}

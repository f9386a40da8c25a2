/**
 * The two Services of a revision: NAME, which its users know, and NAME-private, which selects its pods.
 * Source: knative.dev/serving pkg/reconciler/serverlessservice/resources/services.go
 */
import { conditionSet, type k8s, k8s as kinds, objectOf, yes } from '@slipway/core/api'
import { labels, type ServerlessService } from '@slipway/core/api/serving'
import type { Desired } from '@slipway/core/runtime'

const conditions = conditionSet('Ready', ['EndpointsPopulated'])
const serviceType = 'networking.internal.knative.dev/serviceType'

export interface ServerlessServiceView {
  serverless: ServerlessService
  readyPods: number
  /** The port of the pods that takes requests. */
  targetPort: number
}

const portsOf = (serverless: ServerlessService, targetPort: number) => [
  { name: serverless.spec.protocolType === 'h2c' ? 'http2' : 'http', port: 80, targetPort, protocol: 'TCP' },
]

/** Both select the pods: on a laptop nothing but the data plane comes between, and it watches the pods itself. */
function serviceOf(serverless: ServerlessService, kind: 'Public' | 'Private', targetPort: number): k8s.CoreService {
  const { name, namespace, labels: own = {} } = serverless.metadata
  return objectOf(kinds.CoreService, {
    metadata: {
      name: kind === 'Public' ? name : `${name}-private`,
      namespace: namespace!,
      labels: { ...own, [serviceType]: kind },
    },
    spec: {
      selector: { [labels.revision]: own[labels.revision] ?? name },
      ports: portsOf(serverless, targetPort),
    },
  } as never)
}

export function desiredServerlessService(
  { serverless, readyPods, targetPort }: ServerlessServiceView,
  now: number,
): Desired<ServerlessService> {
  const { name } = serverless.metadata
  const isProxied = serverless.spec.mode === 'Proxy'
  return {
    children: [serviceOf(serverless, 'Public', targetPort), serviceOf(serverless, 'Private', targetPort)],
    status: {
      observedGeneration: serverless.metadata.generation ?? 0,
      conditions: conditions.next(
        serverless.status?.conditions,
        {
          // Through the activator requests are always taken; without it only by a pod.
          EndpointsPopulated:
            isProxied || readyPods > 0
              ? yes()
              : { status: 'Unknown', reason: 'NoHealthyBackends', message: 'no pod of the revision is ready yet' },
          ActivatorEndpointsPopulated: { ...yes(), severity: 'Info' },
        },
        now,
      ),
      serviceName: name,
      privateServiceName: `${name}-private`,
    },
  }
}

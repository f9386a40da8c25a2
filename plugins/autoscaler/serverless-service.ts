/** Reconciles ServerlessServices to core Services. */
import { k8s } from '@slipway/core/api'
import { defaultPort, labels, Revision, ServerlessService, servingContainer } from '@slipway/core/api/serving'
import { reconciler, watch } from '@slipway/core/runtime'
import { desiredServerlessService } from './serverless-service.desired.ts'

export const serverlessServiceReconciler = reconciler({
  name: 'serverless-service',
  kind: ServerlessService,
  owns: [k8s.CoreService],
  reads: [Revision],
  watches: [
    watch(k8s.Pod, ({ metadata: { namespace, labels: own } }) =>
      own?.[labels.revision] ? [`${namespace}/${own[labels.revision]}`] : [],
    ),
  ],
  observe: (serverless, read) => {
    const { namespace, name } = serverless.metadata
    const revision = read.get(Revision, namespace, name)
    const pods = read.list(k8s.Pod, namespace, { [labels.revision]: name })
    return {
      serverless,
      readyPods: pods.filter(p => p.status?.conditions?.some(c => c.type === 'Ready' && c.status === 'True')).length,
      targetPort: (revision && servingContainer(revision.spec)?.ports?.[0]?.containerPort) ?? defaultPort,
    }
  },
  desired: desiredServerlessService,
})

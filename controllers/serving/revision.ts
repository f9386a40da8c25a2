import { k8s } from '@slipway/core/api'
import { labels, PodAutoscaler, Revision } from '@slipway/core/api/serving'
import { type Reconciler, reconciler, watch } from '@slipway/core/runtime'
import type { ServingConfig } from './config.ts'
import type { ImageDigests } from './image-digests.ts'
import { deploymentName } from './names.ts'
import { desiredRevision, type RevisionView } from './revision.desired.ts'

/** After a failed look at the registry, look again. */
const retryImageMs = 15_000

export function revisionReconciler(digests: ImageDigests, config: ServingConfig): Reconciler<Revision> {
  return reconciler<Revision, RevisionView>({
    name: 'revision-controller',
    kind: Revision,
    owns: [k8s.Deployment, PodAutoscaler],
    watches: [
      watch(k8s.Pod, pod => {
        const name = pod.metadata.labels?.[labels.revision]
        return name ? [`${pod.metadata.namespace}/${name}`] : []
      }),
    ],
    observe: (revision, read) => {
      const { namespace, name } = revision.metadata
      return {
        revision,
        config,
        images: digests.of(revision),
        deployment: read.get(k8s.Deployment, namespace, deploymentName(name)),
        autoscaler: read.get(PodAutoscaler, namespace, name),
        pods: read.list(k8s.Pod, namespace, { [labels.revision]: name }).filter(pod => !pod.metadata.deletionTimestamp),
      }
    },
    desired: (view, now) => ({
      ...desiredRevision(view, now),
      ...('problem' in view.images && { requeueAfterMs: retryImageMs }),
    }),
  })
}

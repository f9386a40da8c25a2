/** A pod as a controller makes it from a template. Pure. Source: GetPodFromTemplate of pkg/controller/controller_utils.go */
import { controllerRef, type KubeObject, k8s, objectOf } from '@slipway/core/api'

export interface PodExtras {
  name: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  finalizers?: string[]
  spec?: Partial<k8s.PodSpec>
}

export function podFromTemplate(template: k8s.PodTemplateSpec, owner: KubeObject, extras: PodExtras): k8s.Pod {
  const { metadata } = template
  const finalizers = [...new Set([...(metadata?.finalizers ?? []), ...(extras.finalizers ?? [])])]
  return objectOf(k8s.Pod, {
    metadata: {
      name: extras.name,
      ...(owner.metadata.namespace && { namespace: owner.metadata.namespace }),
      labels: { ...metadata?.labels, ...extras.labels },
      annotations: { ...metadata?.annotations, ...extras.annotations },
      ...(finalizers.length && { finalizers }),
      ownerReferences: [controllerRef(owner)],
    },
    spec: { ...template.spec!, ...extras.spec },
  })
}

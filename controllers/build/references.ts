/** What a build refers to: read from informers' caches, or from the server where a cache may be a moment behind. */
import { k8s } from '@slipway/core/api'
import { type Build, BuildTemplate, ClusterBuildTemplate } from '@slipway/core/api/build'
import type { Api } from '@slipway/core/client'
import type { Reader } from '@slipway/core/runtime'
import type { References } from './plan.ts'

export const referenceKinds = [BuildTemplate, ClusterBuildTemplate, k8s.ServiceAccount, k8s.Secret]
const accountName = (build: Build) => build.spec.serviceAccountName ?? 'default'

export function readReferences(build: Build, read: Reader): References {
  const { namespace } = build.metadata
  const { template } = build.spec
  const ofCluster = template?.kind === 'ClusterBuildTemplate'
  return {
    template:
      template &&
      (ofCluster ? read.get(ClusterBuildTemplate, undefined, template.name) : read.get(BuildTemplate, namespace, template.name)),
    serviceAccount: read.get(k8s.ServiceAccount, namespace, accountName(build)),
    secret: name => read.get(k8s.Secret, namespace, name),
  }
}

/** The same, from the server: before a build is failed for something that is missing. */
export async function fetchReferences(build: Build, api: Api): Promise<References> {
  const namespace = build.metadata.namespace!
  const { template } = build.spec
  const ofCluster = template?.kind === 'ClusterBuildTemplate'
  const [found, serviceAccount] = await Promise.all([
    template &&
      (ofCluster
        ? api.find(ClusterBuildTemplate, { name: template.name })
        : api.find(BuildTemplate, { namespace, name: template.name })),
    api.find(k8s.ServiceAccount, { namespace, name: accountName(build) }),
  ])
  const names = [...(serviceAccount?.secrets ?? []), ...(serviceAccount?.imagePullSecrets ?? [])].flatMap(s =>
    s.name ? [s.name] : [],
  )
  const secrets = new Map(
    await Promise.all(names.map(async name => [name, await api.find(k8s.Secret, { namespace, name })] as const)),
  )
  return { template: found, serviceAccount, secret: name => secrets.get(name) }
}

/** When metadata.generation moves: on a change of what is wanted, never of what is observed. */
import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '@slipway/core/api'
import type { ServedResource } from '../served-resource.ts'
import { qualifiedResource } from './stored.ts'

/** Built-in resources whose strategies keep a generation. Source: the strategies below k8s.io/kubernetes pkg/registry */
const generational = new Set([
  'pods',
  'replicationcontrollers',
  'podtemplates',
  'deployments.apps',
  'replicasets.apps',
  'statefulsets.apps',
  'daemonsets.apps',
  'jobs.batch',
  'cronjobs.batch',
  'ingresses.networking.k8s.io',
  'networkpolicies.networking.k8s.io',
  'poddisruptionbudgets.policy',
  'endpointslices.discovery.k8s.io',
  'customresourcedefinitions.apiextensions.k8s.io',
  'validatingwebhookconfigurations.admissionregistration.k8s.io',
  'mutatingwebhookconfigurations.admissionregistration.k8s.io',
  'validatingadmissionpolicies.admissionregistration.k8s.io',
  'priorityclasses.scheduling.k8s.io',
])

const hasGeneration = (resource: ServedResource): boolean => !resource.builtin || generational.has(qualifiedResource(resource))

/** Everything but metadata, and status where that is a subresource of its own. */
function wanted(resource: ServedResource, object: KubeObject): unknown {
  const { apiVersion: _, kind: __, metadata, status, ...rest } = object as KubeObject & { status?: unknown }
  const annotations = resource.resource === 'deployments' && resource.builtin ? metadata.annotations : undefined
  return { ...rest, ...(!resource.hasStatus && status !== undefined && { status }), ...(annotations && { annotations }) }
}

/** @returns undefined for resources without one */
export function nextGeneration(resource: ServedResource, next: KubeObject, old: KubeObject | undefined): number | undefined {
  if (!hasGeneration(resource)) return undefined
  if (!old) return 1
  const before = old.metadata.generation ?? 1
  return isDeepStrictEqual(wanted(resource, next), wanted(resource, old)) ? before : before + 1
}

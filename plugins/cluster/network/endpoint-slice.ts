/** Keeps the EndpointSlices and the v1 Endpoints of Services with a selector. */
import { controllerOf, isStatus, type KubeObject, k8s, keyOf, parseKey, type ResourceKind } from '@slipway/core/api'
import { includesJson, type ReconcileContext, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import { hasLabels } from '../selector.ts'
import { endpointSlices, managedBy, managedByLabel, serviceNameLabel } from './endpoint-slice.desired.ts'
import { isSelecting, selectedPods } from './endpoints-of-service.ts'
import { legacyEndpoints } from './legacy-endpoints.desired.ts'

type Service = k8s.CoreService

const ignore = (reason: 'NotFound' | 'AlreadyExists') => (error: unknown) => {
  if (!isStatus(error, reason)) throw error
}

/** Made, or replaced where what this controller writes differs. */
async function put<T extends KubeObject>(
  kind: ResourceKind<T>,
  wanted: T,
  isSame: (there: T) => boolean,
  { api, read }: ReconcileContext,
): Promise<void> {
  const there = read.get(kind, wanted.metadata.namespace, wanted.metadata.name)
  if (there && isSame(there)) return
  const { resourceVersion, uid } = there?.metadata ?? {}
  if (!there) await api.create(kind, wanted)
  else
    await api.update(kind, {
      ...wanted,
      metadata: { ...wanted.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
    })
}

async function writeSlices(service: Service, pods: k8s.Pod[], context: ReconcileContext): Promise<void> {
  const wanted = endpointSlices(service, pods)
  for (const slice of wanted)
    await put(
      k8s.EndpointSlice,
      slice,
      there =>
        sameJson(there.endpoints ?? [], slice.endpoints) &&
        includesJson(there.ports ?? [], slice.ports) &&
        sameJson(there.metadata.labels, slice.metadata.labels),
      context,
    )
  const names = new Set(wanted.map(slice => slice.metadata.name))
  for (const { metadata } of context.read.ownedBy(k8s.EndpointSlice, service))
    if (!names.has(metadata.name) && metadata.labels?.[managedByLabel] === managedBy && !metadata.deletionTimestamp)
      await context.api.delete(k8s.EndpointSlice, metadata).catch(ignore('NotFound'))
}

async function writeLegacy(service: Service, pods: k8s.Pod[], context: ReconcileContext): Promise<void> {
  const wanted = legacyEndpoints(service, pods)
  await put(
    k8s.Endpoints,
    wanted,
    there => includesJson(there.subsets ?? [], wanted.subsets ?? []) && sameJson(there.metadata.labels, wanted.metadata.labels),
    context,
  )
}

async function reconcile(service: Service | undefined, context: ReconcileContext): Promise<undefined> {
  const { api, read, key } = context
  if (!service) {
    // v1 Endpoints have no owner; slices have one, and the garbage collector.
    const { namespace, name } = parseKey(key)
    const left = read.get(k8s.Endpoints, namespace, name)
    if (left?.metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller')
      await api.delete(k8s.Endpoints, left.metadata).catch(ignore('NotFound'))
    return undefined
  }
  if (!isSelecting(service) || service.metadata.deletionTimestamp) return undefined
  const pods = selectedPods(service, read.list(k8s.Pod, service.metadata.namespace))
  await writeSlices(service, pods, context)
  await writeLegacy(service, pods, context)
  return undefined
}

export const endpointSliceReconciler: Reconciler<Service> = {
  name: 'endpointslice-controller',
  kind: k8s.CoreService,
  reads: [k8s.Endpoints],
  watches: [
    watch(k8s.Pod, (pod, read) =>
      read
        .list(k8s.CoreService, pod.metadata.namespace)
        .filter(service => isSelecting(service) && hasLabels(pod.metadata.labels, service.spec!.selector!))
        .map(keyOf),
    ),
    // A slice that someone deleted or edited is made again.
    watch(k8s.EndpointSlice, slice => {
      const service = slice.metadata.labels?.[serviceNameLabel]
      const isOurs = slice.metadata.labels?.[managedByLabel] === managedBy || controllerOf(slice)?.kind === 'Service'
      return service && isOurs ? [`${slice.metadata.namespace}/${service}`] : []
    }),
  ],
  concurrency: 5,
  reconcile,
}

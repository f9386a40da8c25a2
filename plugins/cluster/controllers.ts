/** All controllers of a cluster, started together on one connection. */
import { type KubeObject, k8s, keyOf, type ResourceKind } from '@slipway/core/api'
import { type Api, createInformers } from '@slipway/core/client'
import { type Clock, type Log, systemClock } from '@slipway/core/observe'
import { type Reconciler, startControllers } from '@slipway/core/runtime'
import { startGarbageCollector } from './garbage/garbage-collector.ts'
import { type ResourceMonitors, startResourceMonitors } from './garbage/resource-monitors.ts'
import { cronJobReconciler } from './job/cron-job.ts'
import { jobReconciler } from './job/job.ts'
import { ttlAfterFinishedReconciler } from './job/ttl-after-finished.ts'
import { defaultObjectsReconciler, rootCaName } from './namespace/default-objects.ts'
import { namespaceReconciler } from './namespace/namespace.ts'
import { endpointSliceReconciler } from './network/endpoint-slice.ts'
import { nodeLifecycleReconciler } from './node/node-lifecycle.ts'
import { startPodGc } from './node/pod-gc.ts'
import { resourceQuotaReconciler } from './quota/resource-quota.ts'
import { daemonSetReconciler } from './workload/daemon-set.ts'
import { deploymentReconciler } from './workload/deployment.ts'
import { replicaSetReconciler } from './workload/replica-set.ts'
import { statefulSetReconciler } from './workload/stateful-set.ts'

export interface ClusterOptions {
  api: Api
  log: Log
  clock?: Clock
  /** PEM of the API server's authority, for `kube-root-ca.crt`. */
  ca?: string
  /** Ended pods that are kept before the oldest are deleted; default 12,500. */
  terminatedPodThreshold?: number
}

export interface Cluster {
  /** Resolves once all resources are listed; garbage collection begins then. */
  readonly synced: Promise<void>
  /** True while no controller has anything to do. */
  isIdle(): boolean
  stop(): Promise<void>
}

const reconcilersOf = ({ ca }: ClusterOptions, monitors: () => ResourceMonitors): Reconciler[] =>
  [
    deploymentReconciler(),
    replicaSetReconciler(),
    statefulSetReconciler(),
    daemonSetReconciler(),
    jobReconciler(),
    cronJobReconciler,
    ttlAfterFinishedReconciler,
    endpointSliceReconciler,
    namespaceReconciler,
    defaultObjectsReconciler(ca),
    nodeLifecycleReconciler(),
    resourceQuotaReconciler((group, resource) =>
      monitors()
        .kinds()
        .find(k => k.group === group && k.resource === resource),
    ),
  ] as unknown as Reconciler[]

/** The kinds whose informers the reconcilers start: garbage collection listens to these instead of watching them once more. */
const kindsOf = (reconcilers: Reconciler[]): ResourceKind[] =>
  reconcilers.flatMap(({ kind, owns = [], watches = [], reads = [] }) => [kind, ...owns, ...watches.map(w => w.kind), ...reads])

export function startCluster(options: ClusterOptions): Cluster {
  const { api, log, clock = systemClock } = options
  const stopping = new AbortController()
  const shared = { api, log, clock, signal: stopping.signal }
  const informers = createInformers(shared)
  const reconcilers = reconcilersOf(options, () => monitors)
  const controllers = startControllers(reconcilers, { api, informers, log, clock })
  const monitors: ResourceMonitors = startResourceMonitors({
    ...shared,
    informers,
    shared: [...kindsOf(reconcilers), k8s.CustomResourceDefinition],
  })
  const collector = startGarbageCollector({ api, monitors, log, clock })

  startPodGc({
    ...shared,
    informers,
    ...(options.terminatedPodThreshold !== undefined && { terminatedThreshold: options.terminatedPodThreshold }),
  })

  const isLeaving = (namespace: string) => informers.of(k8s.Namespace).get(undefined, namespace)?.metadata.deletionTimestamp
  monitors.onChange((type, object: KubeObject, { kind }) => {
    const { namespace, name } = object.metadata
    if (!namespace) return
    if (type !== 'updated')
      for (const quota of informers.of(k8s.ResourceQuota).list(namespace))
        controllers.enqueue('resourcequota-controller', keyOf(quota))
    if (type === 'added') return
    // The last object of a namespace that is being deleted may be what it waits for.
    if (type === 'deleted' && isLeaving(namespace)) controllers.enqueue(namespaceReconciler.name, namespace)
    if (kind === 'ConfigMap' && name === rootCaName) controllers.enqueue('default-objects-controller', namespace)
  })

  return {
    synced: monitors.synced,
    isIdle: () => controllers.isIdle() && collector.isIdle(),
    async stop() {
      stopping.abort()
      await Promise.all([controllers.stop(), collector.stop()])
    },
  }
}

/** The build controller: puts builds into the queue, and keeps their status true to their Job and pod. */
import { isStatus, k8s } from '@slipway/core/api'
import { Build } from '@slipway/core/api/build'
import { type Reader, type Reconciler, sameJson, watch } from '@slipway/core/runtime'
import { type BuildView, decideBuild, isDone } from './build.desired.ts'
import type { BuildConfig } from './config.ts'
import { buildNameAnnotation, jobName } from './names.ts'
import { planBuild } from './plan.ts'
import { fetchReferences, readReferences, referenceKinds } from './references.ts'

export interface BuildControllerOptions {
  config: BuildConfig
  images: Record<string, string>
  /** Puts a build into the queue; harmless when it is there already. */
  enqueue(build: Build): Promise<void>
}

/** A queue that lost its jobs is filled again within this time. */
const lookAgainMs = 30_000

const podOf = (job: k8s.Job, read: Reader) =>
  read
    .ownedBy(k8s.Pod, job)
    .sort((a, b) => String(b.metadata.creationTimestamp).localeCompare(String(a.metadata.creationTimestamp)))[0]

export function buildReconciler({ config, images, enqueue }: BuildControllerOptions): Reconciler<Build> {
  const view = (build: Build, read: Reader): BuildView => {
    const job = read.get(k8s.Job, build.metadata.namespace, jobName(build.metadata.name))
    const own = job?.metadata.ownerReferences?.some(o => o.uid === build.metadata.uid) ? job : undefined
    return {
      build,
      config,
      job: own,
      pod: own && podOf(own, read),
      plan: planBuild(build, readReferences(build, read), images, config),
    }
  }
  return {
    name: 'build-controller',
    kind: Build,
    owns: [k8s.Job],
    watches: [
      watch(k8s.Pod, pod => {
        const name = pod.metadata.annotations?.[buildNameAnnotation]
        return name ? [`${pod.metadata.namespace}/${name}`] : []
      }),
    ],
    reads: referenceKinds,
    async reconcile(build, { api, read, now, event }) {
      if (!build || build.metadata.deletionTimestamp || isDone(build)) return undefined
      const cached = view(build, read)
      const isFailing = !cached.job && 'failure' in cached.plan
      const plan = isFailing ? planBuild(build, await fetchReferences(build, api), images, config) : cached.plan
      const decision = decideBuild({ ...cached, plan }, now)
      if (decision.stopJob)
        await api
          .delete(
            k8s.Job,
            { namespace: build.metadata.namespace!, name: jobName(build.metadata.name) },
            { propagation: 'Background' },
          )
          .catch(ignoreNotFound)
      if (!sameJson(build.status ?? {}, decision.status)) await api.updateStatus(Build, { ...build, status: decision.status })
      if (decision.event) event(build, decision.event.type, decision.event.reason, decision.event.message)
      if (decision.enqueue) {
        await enqueue(build)
        return { requeueAfterMs: lookAgainMs }
      }
      return decision.requeueAfterMs === undefined ? undefined : { requeueAfterMs: decision.requeueAfterMs }
    },
  }
}

const ignoreNotFound = (error: unknown) => {
  if (!isStatus(error, 'NotFound')) throw error
}

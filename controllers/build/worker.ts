/**
 * Takes builds from the queue: makes the Job of each and stays with it to its end, so that the queue's concurrency is the number of builds
 * that run. A worker that dies is replaced: the next one finds the Job by its name and goes on.
 */
import { controllerRef, isStatus, k8s } from '@slipway/core/api'
import { Build } from '@slipway/core/api/build'
import type { Api, Informers } from '@slipway/core/client'
import type { JobHandler } from '@slipway/core/queue'
import { completeChild } from '@slipway/core/runtime'
import { isDone } from './build.desired.ts'
import type { BuildConfig } from './config.ts'
import { planBuild } from './plan.ts'
import { fetchReferences } from './references.ts'

export interface BuildWorkerOptions {
  api: Api
  informers: Informers
  images: Record<string, string>
  config: BuildConfig
}
type BuildRef = { namespace: string; name: string; uid: string }

export function buildWorker({ api, informers, images, config }: BuildWorkerOptions): JobHandler<BuildRef> {
  /** Resolves when the build has ended or is gone; rejects when the worker is to stop. */
  const ended = (ref: BuildRef, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      const settle = (how: () => void) => {
        stopWatching()
        signal.removeEventListener('abort', onAbort)
        how()
      }
      const onAbort = () => settle(() => reject(new Error('the worker stops')))
      signal.addEventListener('abort', onAbort, { once: true })
      const builds = informers.of(Build)
      const stopWatching = builds.onChange((type, build) => {
        if (build.metadata.uid === ref.uid && (type === 'deleted' || isDone(build))) queueMicrotask(() => settle(resolve))
      })
      if (signal.aborted) onAbort()
    })

  return async (ref, { signal, log }) => {
    const build = await api.find(Build, ref)
    if (!build || build.metadata.uid !== ref.uid || build.metadata.deletionTimestamp || isDone(build) || build.spec.status) return
    const plan = planBuild(build, await fetchReferences(build, api), images, config)
    // The controller says why in the build's status.
    if ('failure' in plan) return
    const job = completeChild({ ...plan.job, metadata: { ...plan.job.metadata, ownerReferences: [controllerRef(build)] } }, build)
    try {
      await api.create(k8s.Job, job, { fieldManager: 'build-controller' })
      log.info({ build: `${ref.namespace}/${ref.name}` }, 'build started')
    } catch (error) {
      if (!isStatus(error, 'AlreadyExists')) throw error
    }
    await ended(ref, signal)
  }
}

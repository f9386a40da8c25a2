/** Deletes Jobs some time after they have finished (`spec.ttlSecondsAfterFinished`). Source: pkg/controller/ttlafterfinished */
import { isStatus, k8s } from '@slipway/core/api'
import type { Reconciler } from '@slipway/core/runtime'
import { millis } from '../pods/pod-state.ts'
import { finishedCondition } from './job-condition.ts'

/** Milliseconds until the Job is to go, at most 0 when it is time; undefined when it stays. Pure. */
export function expiresInMs(job: k8s.Job, now: number): number | undefined {
  const ttl = job.spec.ttlSecondsAfterFinished
  const finished = finishedCondition(job.status)
  if (ttl === undefined || !finished || job.metadata.deletionTimestamp) return undefined
  return millis(finished.lastTransitionTime) + ttl * 1000 - now
}

export const ttlAfterFinishedReconciler: Reconciler<k8s.Job> = {
  name: 'ttl-after-finished-controller',
  kind: k8s.Job,
  async reconcile(job, { api, now }) {
    const wait = job && expiresInMs(job, now)
    if (wait === undefined) return undefined
    if (wait > 0) return { requeueAfterMs: wait }
    try {
      // As it is seen here: an extended time to live, or a new Job of the name, is not to be lost.
      const { uid, resourceVersion } = job!.metadata
      await api.delete(k8s.Job, job!.metadata, {
        propagation: 'Foreground',
        ...(uid && { uid }),
        ...(resourceVersion && { resourceVersion }),
      })
    } catch (error) {
      if (!isStatus(error, 'NotFound')) throw error
    }
    return undefined
  },
}

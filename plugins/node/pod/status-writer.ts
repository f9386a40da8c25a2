/** Writes a pod's status: the newest one, one write at a time, again after failures. */
import { isStatus, k8s } from '@slipway/core/api'
import type { Api } from '@slipway/core/client'
import type { Clock, Log } from '@slipway/core/observe'
import type { PodStatus } from './pod-status.ts'

export interface StatusWriter {
  /** Takes over the wanted status; the write happens soon. */
  want(status: PodStatus): void
  /** Resolves once the last wanted status is written (or the pod is gone). */
  settled(): Promise<void>
}

const retryMs = 1000

/** Fields that a merge would leave standing once they are no longer said. */
const erasable = ['reason', 'message'] as const

export function statusWriter(options: {
  api: Api
  clock: Clock
  log: Log
  pod: k8s.Pod
  onWritten(pod: k8s.Pod): void
}): StatusWriter {
  const { api, clock, log, pod, onWritten } = options
  const { namespace, name, uid } = pod.metadata
  let written = ''
  let wanted: PodStatus | undefined
  let running: Promise<void> | undefined

  async function write(): Promise<void> {
    while (wanted) {
      const status = wanted
      const text = JSON.stringify(status)
      wanted = undefined
      if (text === written) continue
      try {
        const erased = Object.fromEntries(erasable.filter(key => status[key] === undefined).map(key => [key, null]))
        const body = { metadata: { uid }, status: { ...status, ...erased } }
        onWritten(
          await api.patch(k8s.Pod, { namespace, name }, 'strategic', body, {
            subresource: 'status',
            fieldManager: 'slipway-node',
          }),
        )
        written = text
      } catch (error) {
        // Another pod of the same name by now, or none: nobody waits for this status.
        if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) return
        log.warn({ err: error, pod: `${namespace}/${name}` }, 'a pod status was not written; trying again')
        wanted ??= status
        await new Promise<void>(resolve => void clock.after(retryMs, resolve))
      }
    }
  }
  return {
    want(status) {
      wanted = status
      running ??= write().finally(() => {
        running = undefined
      })
    },
    settled: async () => running,
  }
}

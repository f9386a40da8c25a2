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
/** What was refused will hardly be taken a second later. */
const refusedMs = 10_000

/** Another pod of the same name by now, or none: nobody waits for this status. A kube-apiserver says so by calling the uid immutable. */
const isGone = (error: unknown): boolean =>
  isStatus(error, 'NotFound') ||
  isStatus(error, 'Conflict') ||
  (isStatus(error, 'Invalid') && (error.details?.causes ?? []).some(cause => cause.field === 'metadata.uid'))

type Fields = Record<string, unknown>
/** Fields that a merge would leave standing once they are no longer said. */
const erasing = (fields: Fields, ...names: string[]): Fields => ({
  ...Object.fromEntries(names.filter(name => fields[name] === undefined).map(name => [name, null])),
  ...fields,
})
/** A strategic merge keeps what it finds in lists with a key; this makes it take the list as it is. */
const whole = (list: object[] | undefined) => (list ? [...list, { $patch: 'replace' }] : list)

/** The strategic merge patch that makes a pod's status what is wanted, leaving conditions of others alone. Pure. */
export function statusPatch(uid: string | undefined, status: PodStatus): object {
  const conditions = status.conditions?.map(c => erasing(c as unknown as Fields, 'reason', 'message'))
  const lists = { conditions, podIPs: whole(status.podIPs), hostIPs: whole(status.hostIPs) }
  return { metadata: { uid }, status: { ...erasing(status as unknown as Fields, 'reason', 'message', 'podIP'), ...lists } }
}

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
        const body = statusPatch(uid, status)
        onWritten(
          await api.patch(k8s.Pod, { namespace, name }, 'strategic', body, {
            subresource: 'status',
            fieldManager: 'slipway-node',
          }),
        )
        written = text
      } catch (error) {
        if (isGone(error)) return
        log.warn({ err: error, pod: `${namespace}/${name}` }, 'a pod status was not written; trying again')
        wanted ??= status
        const waitMs = isStatus(error, 'Invalid') ? refusedMs : retryMs
        await new Promise<void>(resolve => void clock.after(waitMs, resolve))
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

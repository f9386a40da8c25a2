/** Records Events on objects. Repeated ones within ten minutes are counted on one Event instead of made anew, as client-go's EventCorrelator does. */
import { CoreEvent } from '../api/builtin.ts'
import type { KubeObject } from '../api/meta.ts'
import { isStatus } from '../api/status-error.ts'
import type { Api } from '../client/api.ts'
import { rfc3339 } from '../observe/clock.ts'
import type { Log } from '../observe/log.ts'

export type EventType = 'Normal' | 'Warning'
export interface EventRecorder {
  /** Never throws and never waits: what cannot be recorded is logged. */
  record(about: KubeObject, type: EventType, reason: string, message: string): void
  /** Resolves when what was recorded so far is written. */
  flush(): Promise<void>
}

const aggregateForMs = 600_000
const rememberAtMost = 1024

export function eventRecorder(options: { api: Api; log: Log; component: string; now: () => number }): EventRecorder {
  const { api, log, component, now } = options
  const recent = new Map<string, { name: string; namespace: string; count: number; at: number }>()
  let tail: Promise<void> = Promise.resolve()

  const involved = ({ apiVersion, kind, metadata }: KubeObject) => ({
    apiVersion,
    kind,
    name: metadata.name,
    ...(metadata.namespace && { namespace: metadata.namespace }),
    ...(metadata.uid && { uid: metadata.uid }),
    ...(metadata.resourceVersion && { resourceVersion: metadata.resourceVersion }),
  })

  async function write(about: KubeObject, type: EventType, reason: string, message: string): Promise<void> {
    const at = now()
    const time = rfc3339(at)
    const id = [about.kind, about.metadata.uid, type, reason, message].join('\n')
    const known = recent.get(id)
    if (known && at - known.at < aggregateForMs) {
      known.count++
      known.at = at
      try {
        await api.patch(CoreEvent, known, 'merge', { count: known.count, lastTimestamp: time })
        return
      } catch (error) {
        if (!isStatus(error, 'NotFound')) throw error
      }
    }
    const namespace = about.metadata.namespace ?? 'default'
    const name = `${about.metadata.name}.${Math.floor(at * 1e6 + Math.random() * 1e6).toString(16)}`
    await api.create(CoreEvent, {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name, namespace },
      involvedObject: involved(about),
      type,
      reason,
      message: message.slice(0, 1024),
      source: { component },
      reportingComponent: component,
      reportingInstance: component,
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    })
    recent.delete(id)
    recent.set(id, { name, namespace, count: 1, at })
    if (recent.size > rememberAtMost) recent.delete(recent.keys().next().value!)
  }

  return {
    record(about, type, reason, message) {
      tail = tail
        .then(() => write(about, type, reason, message))
        .catch(error => log.debug({ err: error, reason }, 'an event was not recorded'))
    },
    flush: () => tail,
  }
}

/** An informer that a test feeds by hand, and objects for it. */
import { type KubeObject, type k8s, keyOf, k8s as kinds, objectOf } from '@slipway/core/api'
import type { Revision } from '@slipway/core/api/serving'
import type { ChangeHandler, Informer } from '@slipway/core/client'
import { revisionKind, revisionLabel } from '../resources.ts'
import type { RevisionSettings } from '../revision-settings.ts'

export interface TestInformer<T extends KubeObject> extends Informer<T> {
  add(object: T): void
  update(object: T): void
  remove(object: T): void
}
export function noInformer<T extends KubeObject>(): TestInformer<T> {
  const objects = new Map<string, T>()
  const handlers = new Set<ChangeHandler<T>>()
  const put = (object: T) => {
    const old = objects.get(keyOf(object))
    objects.set(keyOf(object), object)
    for (const handler of handlers) handler(old ? 'updated' : 'added', object, old)
  }
  return {
    kind: {} as never,
    get: (namespace, name) => objects.get(`${namespace}/${name}`),
    list: () => [...objects.values()],
    ownedBy: () => [],
    onChange(handler) {
      handlers.add(handler)
      for (const object of objects.values()) handler('added', object)
      return () => void handlers.delete(handler)
    },
    synced: Promise.resolve(),
    hasSynced: true,
    observe: put,
    add: put,
    update: put,
    remove(object) {
      objects.delete(keyOf(object))
      for (const handler of handlers) handler('deleted', object)
    },
  }
}

export const podOf = (name: string, ip: string, ready: boolean): k8s.Pod =>
  objectOf(kinds.Pod, {
    metadata: { name, namespace: 'demo', uid: name, labels: { [revisionLabel]: 'hello-00001' } },
    spec: { containers: [] },
    status: { ...(ip && { podIP: ip }), phase: 'Running', conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  } as never)

export const revisionOf = (
  { containerConcurrency, timeouts, port }: RevisionSettings,
  timeoutSeconds = timeouts.totalSeconds,
): Revision =>
  objectOf(revisionKind, {
    metadata: { name: 'hello-00001', namespace: 'demo' },
    spec: { containerConcurrency, timeoutSeconds, containers: [{ name: 'c', ports: [{ containerPort: port }] }] },
  } as never)

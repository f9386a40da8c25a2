/** Finds the container that a request is about. Errors have kubelet's own words and HTTP status. */
import type { PodManager } from '../pod/pod-manager.ts'
import type { ContainerState } from '../pod/pod-state.ts'
import type { PodWorker } from '../pod/pod-worker.ts'

export class RequestError extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Target {
  worker: PodWorker
  container: string
  state: ContainerState
}

export function findPod(pods: PodManager, namespace: string, name: string): PodWorker {
  const worker = pods.find(namespace, name)
  if (!worker) throw new RequestError(404, `pod ${JSON.stringify(name)} not found in namespace ${JSON.stringify(namespace)}`)
  return worker
}

/** @throws RequestError */
export function findContainer(pods: PodManager, namespace: string, name: string, container: string): Target {
  const worker = findPod(pods, namespace, name)
  const state = worker.record.state.containers[container]
  if (!state) throw new RequestError(404, `container ${JSON.stringify(container)} not found in pod ${JSON.stringify(name)}`)
  return { worker, container, state }
}

/** @throws RequestError when it does not run */
export function findRunning(pods: PodManager, namespace: string, name: string, container: string): Target {
  const target = findContainer(pods, namespace, name, container)
  if (target.state.phase !== 'running')
    throw new RequestError(404, `container not found (${JSON.stringify(container)}): it is not running`)
  return target
}

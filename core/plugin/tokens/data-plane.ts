/** The hops of the data plane, as its plugins hand them to each other: gateway → activator → queue-proxy. */
import type { Endpoint, Hop, Timeouts } from '../../http/index.ts'
import { token } from '../token.ts'

/** Where the gateway sends a request: to a revision, whatever pods it has. */
export interface RevisionTarget {
  readonly namespace: string
  readonly name: string
  /** `NAMESPACE/NAME` */
  readonly key: string
}
/** Sends to a revision, waits for a pod where there is none. Provided by plugins/activator. */
export const RevisionHop = token<Hop<RevisionTarget>>('data-plane.revision')

/** Where the activator sends a request: to one pod, with the limits of its revision. */
export interface PodTarget {
  readonly endpoint: Endpoint
  /** Requests that the pod takes at once; 0 is no limit. */
  readonly containerConcurrency: number
  readonly timeouts: Timeouts
}
export interface PodHop {
  readonly hop: Hop<PodTarget>
  /** The pod is gone: its connections are closed as they become idle. */
  retire(endpoint: Endpoint): void
}
/** Sends to a pod, within its limits. Provided by plugins/queue-proxy. */
export const PodHop = token<PodHop>('data-plane.pod')

/** One revision as the activator sees it: its pods, how busy each is, and who waits for one. Knows no API and no sockets. */
import type { PodTarget } from '@slipway/core/plugin'
import { defaultSettings, type PodView, type RevisionSettings } from './revision-settings.ts'

export interface PodState {
  readonly name: string
  readonly ip: string
  readonly target: PodTarget
  /** Takes requests: the kubelet or our own probe says so. */
  healthy: boolean
  /** What the kubelet said last. */
  apiReady: boolean
  /** Requests that it has now. */
  active: number
  /** A connection to it failed; it is probed until it answers again. */
  suspect: boolean
  /** Stops the probe under way. */
  stopProbe: (() => void) | undefined
}

/** Someone who waits for a pod. */
export interface Waiter {
  readonly left: boolean
  proceed(pod: PodState): void
}

export class RevisionState {
  readonly key: string
  readonly pods = new Map<string, PodState>()
  settings: RevisionSettings = defaultSettings
  /** True once its Revision object was seen. */
  known = false
  /** How many wait. */
  held = 0
  readonly #waiters: Waiter[] = []
  #next = 0

  constructor(key: string) {
    this.key = key
  }

  /** The least busy pod that has room, with the request counted already. Ties go round. @param except a pod that has just failed */
  take(except?: PodState): PodState | undefined {
    const limit = this.settings.containerConcurrency || Number.POSITIVE_INFINITY
    let best: PodState | undefined
    let bestAt = 0
    let at = 0
    for (const pod of this.pods.values()) {
      at++
      if (!pod.healthy || pod === except || pod.active >= limit) continue
      // Those behind the last one taken come first among equals.
      if (!best || pod.active < best.active || (pod.active === best.active && at > this.#next && bestAt <= this.#next)) {
        best = pod
        bestAt = at
      }
    }
    if (!best) return undefined
    this.#next = bestAt
    best.active++
    return best
  }
  release(pod: PodState): void {
    pod.active--
    if (this.held) this.serve()
  }
  wait(waiter: Waiter): void {
    this.held++
    this.#waiters.push(waiter)
  }
  /** A waiter left without a pod. */
  leave(): void {
    this.held--
    if (this.held === 0) this.#waiters.length = 0
  }
  /** Gives pods to those who wait, first come first served. */
  serve(): void {
    while (this.#waiters.length) {
      if (this.#waiters[0]!.left) {
        this.#waiters.shift()
        continue
      }
      const pod = this.take()
      if (!pod) return
      this.held--
      this.#waiters.shift()!.proceed(pod)
    }
  }

  get hasHealthy(): boolean {
    for (const pod of this.pods.values()) if (pod.healthy) return true
    return false
  }
  /** A revision of which nothing is left can be forgotten. */
  get idle(): boolean {
    return !this.known && this.pods.size === 0 && this.held === 0
  }

  /** @returns pods whose address is no longer in use */
  setSettings(settings: RevisionSettings): PodState[] {
    this.settings = settings
    this.known = true
    const old = [...this.pods.values()].filter(({ target }) => !isAsSet(target, settings))
    for (const pod of old) {
      this.pods.delete(pod.name)
      this.seePod({ name: pod.name, ip: pod.ip, ready: pod.apiReady })
    }
    return old
  }
  /** @returns a pod whose address is no longer in use */
  seePod({ name, ip, ready }: PodView): PodState | undefined {
    const before = this.pods.get(name)
    if (before && before.ip === ip) {
      // Not ready any more is news; not ready yet does not outweigh a probe that passed.
      if (ready && !before.suspect) before.healthy = true
      else if (before.apiReady) before.healthy = false
      before.apiReady = ready
      return undefined
    }
    this.pods.set(name, {
      name,
      ip,
      target: targetOf(ip, this.settings),
      healthy: ready,
      apiReady: ready,
      active: 0,
      suspect: false,
      stopProbe: undefined,
    })
    return before
  }
  losePod(name: string): PodState | undefined {
    const pod = this.pods.get(name)
    this.pods.delete(name)
    if (pod) pod.healthy = false
    return pod
  }
}

const targetOf = (host: string, { port, protocol, containerConcurrency, timeouts }: RevisionSettings): PodTarget => ({
  endpoint: { host, port, protocol },
  containerConcurrency,
  timeouts,
})
const isAsSet = ({ endpoint, containerConcurrency, timeouts }: PodTarget, settings: RevisionSettings): boolean =>
  endpoint.port === settings.port &&
  endpoint.protocol === settings.protocol &&
  containerConcurrency === settings.containerConcurrency &&
  timeouts.totalSeconds === settings.timeouts.totalSeconds &&
  timeouts.idleSeconds === settings.timeouts.idleSeconds &&
  timeouts.responseStartSeconds === settings.timeouts.responseStartSeconds

/** All revisions, kept current by informers of Revisions and of their Pods; wakes and probes pods that someone waits for. */
import { type k8s, keyOf } from '@slipway/core/api'
import type { Revision } from '@slipway/core/api/serving'
import type { Informer } from '@slipway/core/client'
import type { Clock } from '@slipway/core/observe'
import type { PodHop } from '@slipway/core/plugin'
import { probePod } from './probe-pod.ts'
import { revisionLabel } from './resources.ts'
import { podView, revisionSettings } from './revision-settings.ts'
import { type PodState, RevisionState } from './revision-state.ts'

export interface ProbeTiming {
  firstMs: number
  longestMs: number
  timeoutMs: number
}
export interface RevisionTableOptions {
  revisions: Informer<Revision>
  pods: Informer<k8s.Pod>
  retire: PodHop['retire']
  clock: Clock
  timing: ProbeTiming
}

export class RevisionTable {
  readonly #states = new Map<string, RevisionState>()
  readonly #options: RevisionTableOptions
  readonly #stops: (() => void)[] = []

  constructor(options: RevisionTableOptions) {
    this.#options = options
    this.#stops.push(
      options.revisions.onChange((type, revision) => {
        const state = this.of(keyOf(revision))
        if (type === 'deleted') {
          state.known = false
          this.#forget(state)
        } else for (const pod of state.setSettings(revisionSettings(revision))) this.#dismiss(pod)
        if (state.held) this.wake(state)
      }),
      options.pods.onChange((type, pod) => this.#onPod(type === 'deleted', pod)),
    )
  }

  /** The state of a revision; one that nothing is known of yet is made. */
  of(key: string): RevisionState {
    let state = this.#states.get(key)
    if (!state) this.#states.set(key, (state = new RevisionState(key)))
    return state
  }
  get size(): number {
    return this.#states.size
  }
  get synced(): Promise<unknown> {
    return Promise.all([this.#options.revisions.synced, this.#options.pods.synced])
  }

  /** Someone waits: pods that are up may answer before anyone has said so. */
  wake(state: RevisionState): void {
    for (const pod of state.pods.values())
      if (!pod.healthy && !pod.stopProbe) this.#probe(state, pod, this.#options.timing.firstMs)
  }
  /** A connection to the pod was refused: no further request until a probe passes. */
  suspect(state: RevisionState, pod: PodState): void {
    pod.healthy = false
    if (state.pods.get(pod.name) !== pod || pod.suspect) return
    pod.suspect = true
    if (!pod.stopProbe) this.#probe(state, pod, this.#options.timing.firstMs)
  }
  forgetIfIdle(state: RevisionState): void {
    this.#forget(state)
  }
  stop(): void {
    for (const stop of this.#stops) stop()
    for (const { pods } of this.#states.values()) for (const pod of pods.values()) pod.stopProbe?.()
  }

  #onPod(deleted: boolean, pod: k8s.Pod): void {
    const revision = pod.metadata.labels?.[revisionLabel]
    if (!revision) return
    const state = this.of(`${pod.metadata.namespace}/${revision}`)
    const view = deleted ? undefined : podView(pod)
    const gone = view ? state.seePod(view) : state.losePod(pod.metadata.name)
    if (gone) this.#dismiss(gone)
    if (state.held) {
      state.serve()
      this.wake(state)
    }
    this.#forget(state)
  }
  #dismiss(pod: PodState): void {
    pod.stopProbe?.()
    pod.stopProbe = undefined
    this.#options.retire(pod.target.endpoint)
  }
  #forget(state: RevisionState): void {
    if (state.idle) this.#states.delete(state.key)
  }

  #probe(state: RevisionState, pod: PodState, delayMs: number): void {
    const { clock, timing } = this.#options
    if (state.settings.probe.how === 'api') {
      // It can't be asked from here; a while later the kubelet's word counts again.
      if (pod.suspect) pod.stopProbe = clock.after(timing.timeoutMs, () => this.#cleared(state, pod, pod.apiReady))
      return
    }
    pod.stopProbe = probePod(pod.ip, state.settings.probe, timing.timeoutMs, passed => {
      this.#cleared(state, pod, passed)
      if (pod.healthy || pod.stopProbe || state.pods.get(pod.name) !== pod) return
      if (state.held === 0 && !pod.suspect) return
      // Nobody waits for it: then there is no hurry.
      const longest = state.held ? timing.longestMs : timing.timeoutMs
      pod.stopProbe = clock.after(delayMs, () => this.#probe(state, pod, Math.min(delayMs * 1.5, longest)))
    })
  }
  #cleared(state: RevisionState, pod: PodState, passed: boolean): void {
    pod.stopProbe = undefined
    if (state.pods.get(pod.name) !== pod) return
    if (passed) {
      pod.healthy = true
      pod.suspect = false
    }
    if (pod.healthy) state.serve()
  }
}

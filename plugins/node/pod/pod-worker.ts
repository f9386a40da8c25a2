/**
 * Works on one pod: asks `decide` what is to be done, does it, writes down what came of it, and tells the API. All that it knows is in
 * the state, which is saved before anything is made that a lost save would double.
 */
import { rm } from 'node:fs/promises'
import { isStatus, k8s } from '@slipway/core/api'
import { sleep } from '@slipway/core/observe'
import { containerRuns } from './container-runs.ts'
import { type Action, decide } from './decide.ts'
import type { NodeServices } from './node-services.ts'
import { podDirOf } from './paths.ts'
import { containersOf } from './pod-containers.ts'
import type { PodContext } from './pod-context.ts'
import { fetchInputs, type PodInputs, type TokenCache } from './pod-inputs.ts'
import { type PodRecord, recordWriter } from './pod-record.ts'
import { newPodState } from './pod-state.ts'
import { podStatus } from './pod-status.ts'
import { makeSandbox, removeSandbox } from './sandbox.ts'
import { factsOf } from './start-container.ts'
import { statusWriter } from './status-writer.ts'

export interface PodWorker {
  readonly record: PodRecord
  readonly podDir: string
  /** The pod as the API has it now. */
  update(pod: k8s.Pod): void
  /** The API has it no more. */
  gone(): void
  /** One of its containers ended. */
  exited(id: string): void
  /** Volumes are brought up to date. */
  refresh(): Promise<void>
  /** Compares with what the runtime has: containers whose end nobody saw are over. @param runs ids of running containers */
  compare(runs: ReadonlySet<string>): void
  /** Stops working on it, once starts under way are through (5 s at most); its containers run on. */
  stop(): Promise<void>
}

const startsMs = 5000

export interface WorkerOptions {
  services: NodeServices
  /** What is known from before, already compared with what runs. */
  record: PodRecord
  onFinished(uid: string): void
}
export const newRecord = (pod: k8s.Pod, now: number): PodRecord => ({
  pod,
  state: newPodState(
    containersOf(pod.spec).map(c => c.spec.name),
    now,
  ),
  volumes: {},
})

export function startPodWorker({ services, record, onFinished }: WorkerOptions): PodWorker {
  const { api, clock, runtime, volumes } = services
  const { state } = record
  const podDir = podDirOf(services.podsDir, record.pod)
  const log = services.log.child({ pod: `${record.pod.metadata.namespace}/${record.pod.metadata.name}` })
  const records = recordWriter(podDir)
  const save = () => records.save(record)
  const run = (work: Promise<unknown>) =>
    void work.catch(error => log.error({ err: error }, 'something in the work on a pod went wrong'))
  const saveSoon = () => run(save())
  const tokens: TokenCache = new Map()
  const status = statusWriter({ api, clock, log, pod: record.pod, onWritten: pod => seen(pod) })
  let inputs: PodInputs | undefined
  let cancelWake = () => {}
  let stopped = false
  let queued = false

  const context: PodContext = {
    services,
    record,
    podDir,
    log,
    save,
    saveSoon,
    run,
    look,
    event: (type, reason, message) => services.event(record.pod, type, reason, message),
    async inputs(fresh = false) {
      if (fresh || !inputs) inputs = await fetchInputs(api, record.pod, tokens, clock.now())
      return inputs
    },
    containerOf: name => containersOf(record.pod.spec).find(c => c.spec.name === name)!.spec,
    isEnding: () => stopped || Boolean(record.pod.metadata.deletionTimestamp || state.gone || state.final),
  }
  const runs = containerRuns(context)

  /** The newer of what we know and what we are told: an answer to our own write may overtake the watch. */
  function seen(pod: k8s.Pod): boolean {
    if (pod.metadata.uid !== record.pod.metadata.uid) return false
    if (Number(pod.metadata.resourceVersion) < Number(record.pod.metadata.resourceVersion)) return false
    record.pod = { ...pod, apiVersion: 'v1', kind: 'Pod' }
    return true
  }

  function look(): void {
    if (queued || stopped) return
    queued = true
    queueMicrotask(() => {
      queued = false
      if (stopped) return
      cancelWake()
      const now = clock.now()
      const { actions, wakeAt, backingOff } = decide(record.pod, state, now)
      for (const action of actions) begin(action)
      status.want(podStatus(record.pod, state, { hostIP: services.hostIP, runtime: runtime.name, backingOff, now }))
      if (wakeAt !== undefined) cancelWake = clock.after(Math.max(0, wakeAt - now), look)
    })
  }

  function begin(action: Action): void {
    if (action.do === 'makeSandbox') run(makeSandbox(context))
    else if (action.do === 'start') run(runs.start(action.container, action.attempt))
    else if (action.do === 'stop') run(runs.end(action.container, action.graceSeconds, action.why))
    else if (action.do === 'removeSandbox') run(removeSandbox(context, runs.cleanups))
    else if (action.do === 'finish') run(finish())
    else {
      const { phase, reason, message } = action
      state.final = { phase, ...(reason && { reason }), ...(message && { message }) }
      if (reason) context.event('Normal', reason, message ?? '')
      saveSoon()
      look()
    }
  }

  async function finish(): Promise<void> {
    stopped = true
    cancelWake()
    if (!state.gone) await status.settled()
    await records.close()
    // First the folder: what the API no longer shows has left nothing behind.
    await rm(podDir, { recursive: true, force: true })
    const { namespace, name, uid } = record.pod.metadata
    for (let delay = 500; !state.gone; delay = Math.min(10_000, delay * 2)) {
      try {
        await api.delete(k8s.Pod, { namespace, name }, { gracePeriodSeconds: 0, uid })
        break
      } catch (error) {
        if (isStatus(error, 'NotFound') || isStatus(error, 'Conflict')) break
        log.warn({ err: error }, 'a pod that has ended could not be deleted; trying again')
        await new Promise<void>(resolve => void clock.after(delay, resolve))
      }
    }
    onFinished(uid!)
  }

  look()
  return {
    record,
    podDir,
    update(pod) {
      const before = record.pod.metadata.deletionTimestamp
      if (seen(pod) && before !== pod.metadata.deletionTimestamp) saveSoon()
      look()
    },
    gone() {
      state.gone = true
      saveSoon()
      look()
    },
    exited: runs.exited,
    compare: runs.compare,
    async refresh() {
      if (state.sandbox !== 'ready' || context.isEnding()) return
      try {
        const fresh = await context.inputs(true)
        await volumes.refresh(record.pod, podDir, { ...fresh, facts: factsOf(services, record.pod, state) })
      } catch (error) {
        log.debug({ err: error }, 'volumes were not refreshed')
      }
    },
    async stop() {
      stopped = true
      cancelWake()
      await Promise.race([Promise.allSettled(runs.starts), sleep(clock, startsMs)])
      runs.stopProbes()
      await save()
    },
  }
}

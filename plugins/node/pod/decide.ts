/**
 * What to do next for a pod. Pure: from its spec, what is known of its containers, and the time. It says each time all that is to be
 * begun; what has been begun shows in the state (`making`, `starting`, `stopping`), so it is not said again.
 * Source of the rules: kubelet's computePodActions (kuberuntime_manager.go) and KEP-753 for sidecars.
 */
import type { k8s } from '@slipway/core/api'
import { containersOf, graceOf, type PodContainer, restarts } from './pod-containers.ts'
import { type ContainerState, type PodState, type Problem, waitsUntil } from './pod-state.ts'

export type Action =
  | { do: 'makeSandbox' }
  | { do: 'start'; container: string; attempt: number }
  | { do: 'stop'; container: string; graceSeconds: number; why: Problem }
  | { do: 'end'; phase: 'Succeeded' | 'Failed'; reason?: string; message?: string }
  | { do: 'removeSandbox' }
  /** All is gone: delete it from the API for good, and forget it. */
  | { do: 'finish' }

export interface Decision {
  actions: Action[]
  /** Look again at this time at the latest, milliseconds since the epoch. */
  wakeAt?: number
  /** Containers that wait for their next start, and until when. */
  backingOff: Record<string, number>
}

const deadlineMessage = 'Pod was active on the node longer than the specified deadline'

/** When the pod must be over, if it has a deadline. */
const deadlineOf = (pod: k8s.Pod, state: PodState): number | undefined =>
  pod.spec.activeDeadlineSeconds === undefined ? undefined : state.startTime + pod.spec.activeDeadlineSeconds * 1000

const isOver = (c: ContainerState) => c.phase === 'waiting' || c.phase === 'exited'

/** Why all of the pod is to stop. */
function stopCause(pod: k8s.Pod, state: PodState, now: number): Problem | undefined {
  if (state.gone || pod.metadata.deletionTimestamp) return { reason: 'Killing', message: 'the pod is deleted' }
  if (state.final) return { reason: 'Killing', message: 'the pod has ended' }
  const deadline = deadlineOf(pod, state)
  return deadline !== undefined && now >= deadline ? { reason: 'DeadlineExceeded', message: deadlineMessage } : undefined
}

/** How a pod ends whose containers are all over. */
function outcome(pod: k8s.Pod, state: PodState): 'Succeeded' | 'Failed' {
  const counted = containersOf(pod.spec).filter(c => c.kind !== 'sidecar')
  return counted.every(c => state.containers[c.spec.name]?.ended?.exitCode === 0) ? 'Succeeded' : 'Failed'
}

/** Seconds left: an administrator's shorter time, or what is left of it after a restart of the node. */
export function graceLeft(pod: k8s.Pod, now: number): number {
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata
  const asked = deletionGracePeriodSeconds ?? graceOf(pod)
  if (!deletionTimestamp) return asked
  const left = Math.ceil((Date.parse(deletionTimestamp) - now) / 1000)
  return Math.max(Math.min(asked, 1), Math.min(asked, left))
}

function stopAll(pod: k8s.Pod, state: PodState, why: Problem, now: number): Action[] {
  const all = containersOf(pod.spec)
  const running = (c: PodContainer) => !isOver(state.containers[c.spec.name]!)
  const graceSeconds = graceLeft(pod, now)
  const stop = (c: PodContainer): Action[] => {
    const { phase, stopping } = state.containers[c.spec.name]!
    return phase === 'running' && !stopping ? [{ do: 'stop', container: c.spec.name, graceSeconds, why }] : []
  }
  const others = all.filter(c => c.kind !== 'sidecar' && running(c))
  if (others.length) return others.flatMap(stop)
  // Sidecars end last, in the reverse of their order, each after the one that may need it.
  const lastSidecar = all.filter(c => c.kind === 'sidecar' && running(c)).at(-1)
  if (lastSidecar) return stop(lastSidecar)
  if (!state.final) {
    const late = why.reason === 'DeadlineExceeded'
    return [{ do: 'end', phase: late ? 'Failed' : outcome(pod, state), ...(late && why) }]
  }
  if (state.sandbox === 'making' || state.sandbox === 'removing') return []
  if (state.sandbox === 'ready') return [{ do: 'removeSandbox' }]
  return pod.metadata.deletionTimestamp || state.gone ? [{ do: 'finish' }] : []
}

export function decide(pod: k8s.Pod, state: PodState, now: number): Decision {
  const cause = stopCause(pod, state, now)
  if (cause) return { actions: stopAll(pod, state, cause, now), backingOff: {} }

  const actions: Action[] = []
  const backingOff: Record<string, number> = {}
  const times: number[] = []
  const deadline = deadlineOf(pod, state)
  if (deadline !== undefined) times.push(deadline)
  const done = (): Decision => ({ actions, backingOff, ...(times.length && { wakeAt: Math.min(...times) }) })

  if (state.sandbox === 'none') {
    if (state.sandboxRetryAt !== undefined && now < state.sandboxRetryAt) times.push(state.sandboxRetryAt)
    else actions.push({ do: 'makeSandbox' })
  }
  if (state.sandbox !== 'ready') return done()

  /** Starts it if it should run and may by now. */
  const keepRunning = ({ kind, spec: { name } }: PodContainer): void => {
    const c = state.containers[name]!
    if (c.phase === 'starting') return
    if (c.phase === 'running') {
      if (c.unhealthy && !c.stopping) actions.push({ do: 'stop', container: name, graceSeconds: graceOf(pod), why: c.unhealthy })
      return
    }
    const until =
      c.phase === 'exited'
        ? restarts(pod.spec.restartPolicy, kind, c.ended!.exitCode)
          ? waitsUntil(c.crash, c.ended!.finishedAt)
          : Number.POSITIVE_INFINITY
        : c.retryAt
    if (until === undefined || now >= until) actions.push({ do: 'start', container: name, attempt: c.attempt + 1 })
    else if (until !== Number.POSITIVE_INFINITY) {
      backingOff[name] = until
      times.push(until)
    }
  }

  const all = containersOf(pod.spec)
  for (const each of all.filter(c => c.kind !== 'main')) {
    const c = state.containers[each.spec.name]!
    if (each.kind === 'sidecar') {
      keepRunning(each)
      if (!c.started && !hasBegunMain(all, state)) return done()
    } else if (c.phase !== 'exited' || c.ended!.exitCode !== 0) {
      if (c.phase === 'exited' && !restarts(pod.spec.restartPolicy, 'init', c.ended!.exitCode)) {
        actions.push({ do: 'end', phase: 'Failed' })
        return done()
      }
      keepRunning(each)
      return done()
    }
  }
  const main = all.filter(c => c.kind === 'main')
  const isDone = ({ spec: { name } }: PodContainer) => {
    const c = state.containers[name]!
    return c.phase === 'exited' && !restarts(pod.spec.restartPolicy, 'main', c.ended!.exitCode)
  }
  if (main.every(isDone)) return { actions: [{ do: 'end', phase: outcome(pod, state) }], backingOff: {} }
  for (const each of main) keepRunning(each)
  return done()
}

/** Once the main containers run, a sidecar that restarts does not hold them up. */
const hasBegunMain = (all: PodContainer[], state: PodState): boolean =>
  all.some(c => c.kind === 'main' && state.containers[c.spec.name]!.attempt >= 0)

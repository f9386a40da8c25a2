/** What the node knows of a pod. Kept on disk as it is, so that a restart goes on where the last run ended. */
import type { NetworkLease } from '../network/pod-network.ts'

/** How one run of a container ended. */
export interface Ended {
  id: string
  exitCode: number
  /** `Completed`, `Error`, `OOMKilled`, `StartError`, `ContainerStatusUnknown`, … */
  reason: string
  message?: string
  /** Milliseconds since the epoch. */
  startedAt?: number
  finishedAt: number
}

export interface Problem {
  reason: string
  message: string
}

/** A wait that doubles. */
export interface Backoff {
  ms: number
  /** When it was last made longer, milliseconds since the epoch. */
  at: number
}

export interface ContainerState {
  /** `starting` from the decision to start until the process runs, pulls included. */
  phase: 'waiting' | 'starting' | 'running' | 'exited'
  /** Of the present or latest run; -1 before the first. */
  attempt: number
  id?: string
  /** Name and digest of the image in use. */
  image?: { name: string; digest: string }
  startedAt?: number
  /** When `exited`. */
  ended?: Ended
  /** The run before. */
  last?: Ended
  /** Why it waits, when it is not just its turn. */
  problem?: Problem
  /** After `problem`: not before this time. */
  retryAt?: number
  /** Between restarts. */
  crash?: Backoff
  /** Between pulls. */
  pull?: Backoff
  /** The start-up probe has passed and postStart has returned. */
  started: boolean
  ready: boolean
  /** It is being ended, as a liveness probe or postStart failed. */
  unhealthy?: Problem
  stopping?: boolean
}

export interface PodState {
  sandbox: 'none' | 'making' | 'ready' | 'removing' | 'removed'
  sandboxProblem?: Problem
  sandboxRetryAt?: number
  sandboxFailures?: number
  network?: NetworkLease
  /** In host mode: what port of the machine stands for a container port. */
  ports?: Record<string, number>
  /** Milliseconds since the epoch. */
  startTime: number
  containers: Record<string, ContainerState>
  /** It has ended for good. */
  final?: { phase: 'Succeeded' | 'Failed'; reason?: string; message?: string }
  /** The API has it no more. */
  gone?: boolean
}

export const newContainerState = (): ContainerState => ({ phase: 'waiting', attempt: -1, started: false, ready: false })
export const newPodState = (names: string[], now: number): PodState => ({
  sandbox: 'none',
  startTime: now,
  containers: Object.fromEntries(names.map(name => [name, newContainerState()])),
})

const firstMs = 10_000
const longestMs = 300_000

/** Ten seconds, doubling to five minutes; forgotten after ten quiet minutes. Source: kubelet, client-go util/flowcontrol/backoff.go */
export function nextBackoff(before: Backoff | undefined, now: number): Backoff {
  const forgotten = !before || now - before.at > 2 * longestMs
  return { ms: forgotten ? firstMs : Math.min(longestMs, before.ms * 2), at: now }
}

/** Until when a container that ended waits; undefined when it may start at once (as after its first failure). */
export function waitsUntil(backoff: Backoff | undefined, endedAt: number): number | undefined {
  if (!backoff || endedAt - backoff.at > 2 * longestMs) return undefined
  return endedAt + backoff.ms
}

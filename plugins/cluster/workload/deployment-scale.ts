/**
 * How many pods each ReplicaSet of a Deployment is to have in the next step. Pure.
 * Source: pkg/controller/deployment rolling.go, recreate.go, sync.go (scale) of Kubernetes 1.34
 */
import type { k8s } from '@slipway/core/api'
import { desiredKey, maxKey } from './deployment-template.ts'
import { scaled } from './int-or-percent.ts'

type Deployment = k8s.Deployment
export interface Sized {
  name: string
  /** `spec.replicas`. */
  size: number
  available: number
  annotations: Record<string, string>
  isCurrent: boolean
}
export type Sizes = Map<string, number>

const sum = (list: readonly Sized[], of: (s: Sized) => number) => list.reduce((total, s) => total + of(s), 0)

export const wantedReplicas = ({ spec }: Deployment): number => spec.replicas ?? 1
const isRolling = ({ spec }: Deployment) => (spec.strategy?.type ?? 'RollingUpdate') === 'RollingUpdate'

/** Surge is rounded up and unavailability down; both zero would be no step at all, so then one may be unavailable. */
export function limitsOf(deployment: Deployment): { surge: number; unavailable: number } {
  const replicas = wantedReplicas(deployment)
  if (!isRolling(deployment)) return { surge: 0, unavailable: 0 }
  const { maxSurge, maxUnavailable } = deployment.spec.strategy?.rollingUpdate ?? {}
  const surge = scaled(maxSurge, replicas, 'up', '25%')
  const unavailable = scaled(maxUnavailable, replicas, 'down', '25%')
  return { surge, unavailable: Math.min(replicas, surge === 0 && unavailable === 0 ? 1 : unavailable) }
}

/** What the current ReplicaSet may have, given all others. */
export function currentSize(deployment: Deployment, all: readonly Sized[], own: number): number {
  const replicas = wantedReplicas(deployment)
  if (!isRolling(deployment)) return replicas
  const most = replicas + limitsOf(deployment).surge
  const pods = sum(all, s => s.size)
  return pods >= most ? own : own + Math.min(most - pods, replicas - own)
}

/** Old ReplicaSets give way: first pods that are not available, then as many as the availability of the others allows. */
function shrinkOld(deployment: Deployment, all: readonly Sized[]): Sizes {
  const sizes: Sizes = new Map()
  const old = all.filter(s => !s.isCurrent && s.size > 0)
  const current = all.find(s => s.isCurrent)
  const least = wantedReplicas(deployment) - limitsOf(deployment).unavailable
  const notYet = current ? current.size - current.available : 0
  let spare = sum(all, s => s.size) - least - notYet
  if (!old.length || spare <= 0) return sizes
  for (const { name, size, available } of old) {
    const drop = Math.min(Math.max(0, spare), Math.max(0, size - available))
    spare -= drop
    if (drop) sizes.set(name, size - drop)
  }
  let droppable = sum(all, s => s.available) - least
  for (const { name, size } of old) {
    const now = sizes.get(name) ?? size
    const drop = Math.min(Math.max(0, droppable), now)
    droppable -= drop
    if (drop) sizes.set(name, now - drop)
  }
  return sizes
}

function rolling(deployment: Deployment, all: readonly Sized[]): Sizes {
  const replicas = wantedReplicas(deployment)
  const current = all.find(s => s.isCurrent)
  if (current && current.size !== replicas) {
    const next = current.size > replicas ? replicas : currentSize(deployment, all, current.size)
    if (next !== current.size) return new Map([[current.name, next]])
  }
  return shrinkOld(deployment, all)
}

/** After a change of `spec.replicas` in the middle of a rollout, every ReplicaSet gets its share, so that the rollout stays where it is. */
function proportional(deployment: Deployment, all: readonly Sized[]): Sizes {
  const sizes: Sizes = new Map()
  const active = all.filter(s => s.size > 0)
  const replicas = wantedReplicas(deployment)
  const allowed = replicas > 0 ? replicas + limitsOf(deployment).surge : 0
  const change = allowed - sum(active, s => s.size)
  const newestFirst = change > 0 ? -1 : 1
  // `all` is in order of age, the current one last.
  const order = active.map((s, age) => ({ s, age })).sort((a, b) => b.s.size - a.s.size || newestFirst * (a.age - b.age))
  let added = 0
  for (const { s } of order) {
    const before = Number(s.annotations[maxKey]) || deployment.status?.replicas || s.size
    const share = Math.round((s.size * allowed) / before) - s.size
    const left = change - added
    const part = change > 0 ? Math.min(Math.max(share, 0), left) : Math.max(Math.min(share, 0), left)
    sizes.set(s.name, s.size + part)
    added += part
  }
  const largest = order[0]?.s
  if (largest) sizes.set(largest.name, Math.max(0, sizes.get(largest.name)! + change - added))
  return sizes
}

/** The step after a change of `spec.replicas`, or while paused. */
export function rescale(deployment: Deployment, all: readonly Sized[]): Sizes {
  const replicas = wantedReplicas(deployment)
  const active = all.filter(s => s.size > 0)
  const current = all.find(s => s.isCurrent)
  if (active.length <= 1) {
    const only = active[0] ?? current ?? all.at(-1)
    return new Map(only && only.size !== replicas ? [[only.name, replicas]] : [])
  }
  const saturated =
    current &&
    current.size === replicas &&
    current.available === replicas &&
    Number(current.annotations[desiredKey] ?? Number.NaN) === replicas
  if (saturated) return new Map(active.filter(s => !s.isCurrent).map(s => [s.name, 0]))
  return isRolling(deployment) ? proportional(deployment, all) : new Map()
}

/** Has `spec.replicas` changed since the ReplicaSets were last sized? */
export const isRescale = (deployment: Deployment, all: readonly Sized[]): boolean =>
  all.some(
    s =>
      s.size > 0 && s.annotations[desiredKey] !== undefined && Number(s.annotations[desiredKey]) !== wantedReplicas(deployment),
  )

/** @param oldPodsRun while pods of old ReplicaSets run, Recreate starts none of the new */
export function step(deployment: Deployment, all: readonly Sized[], oldPodsRun: boolean): Sizes {
  if (isRolling(deployment)) return rolling(deployment, all)
  const old = all.filter(s => !s.isCurrent && s.size > 0)
  if (old.length) return new Map(old.map(s => [s.name, 0]))
  const current = all.find(s => s.isCurrent)
  const replicas = wantedReplicas(deployment)
  return new Map(current && !oldPodsRun && current.size !== replicas ? [[current.name, replicas]] : [])
}

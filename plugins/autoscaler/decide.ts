/**
 * How many pods a revision should have for what was measured. Pure: what it remembers goes in and comes out.
 * Source: knative.dev/serving pkg/autoscaler/scaling/autoscaler.go (Scale)
 */
import type { ScalingConfig } from './scaling-config.ts'

export interface Observed {
  /** Of the stable and the panic window, in the metric's unit, over all pods. */
  stable: number
  panic: number
  readyPods: number
}
/** What one decision leaves for the next. */
export interface Memory {
  /** When panic was last seen to be needed; undefined outside of it. Milliseconds. */
  panicSince: number | undefined
  /** The most that was wanted during this panic: it never goes down before the panic is over. */
  mostPanicPods: number
  /** What was wanted lately, for the scale-down delay: times fall, counts rise from the back. */
  recent: readonly { time: number; pods: number }[]
}
export const noMemory: Memory = { panicSince: undefined, mostPanicPods: 0, recent: [] }

export interface Decision {
  /** Before minimum, maximum and the rules of zero. */
  pods: number
  /** Negative: a burst would not fit, so the activator stays in the path. */
  excessBurstCapacity: number
  memory: Memory
}

const podsFor = (load: number, target: number): number => Math.ceil(load / target)

export function decide(observed: Observed, config: ScalingConfig, memory: Memory, now: number): Decision {
  const ready = Math.max(1, observed.readyPods)
  const most = Math.ceil(config.maxScaleUpRate * ready)
  // An unreachable revision may go at once.
  const least = config.reachable ? Math.floor(ready / config.maxScaleDownRate) : 0
  const clamp = (pods: number) => Math.min(Math.max(pods, least), most)
  const forPanic = podsFor(observed.panic, config.target)
  const activated = (pods: number, wanted: number) => (wanted > 0 ? Math.max(pods, config.activationScale) : pods)
  const stablePods = activated(clamp(podsFor(observed.stable, config.target)), podsFor(observed.stable, config.target))
  const panicPods = activated(clamp(forPanic), forPanic)

  const panic = nextPanic(forPanic / ready >= config.panicThreshold, memory, config, now)
  let pods = stablePods
  if (panic.panicSince !== undefined) pods = panic.mostPanicPods = Math.max(panic.mostPanicPods, panicPods)
  const recent =
    config.scaleDownDelayMs > 0 && config.reachable ? remember(memory.recent, now, pods, config.scaleDownDelayMs) : []
  if (recent.length) pods = recent[0]!.pods
  return { pods, excessBurstCapacity: excessBurstCapacity(observed, config), memory: { ...panic, recent } }
}

function nextPanic(
  isOver: boolean,
  memory: Memory,
  config: ScalingConfig,
  now: number,
): { panicSince: number | undefined; mostPanicPods: number } {
  const { panicSince, mostPanicPods } = memory
  if (isOver) return { panicSince: now, mostPanicPods: panicSince === undefined ? 0 : mostPanicPods }
  if (panicSince !== undefined && panicSince + config.stableWindowMs > now) return { panicSince, mostPanicPods }
  return { panicSince: undefined, mostPanicPods: 0 }
}

/** The most that was wanted within the delay is first: older smaller wishes can't matter any more. */
function remember(recent: Memory['recent'], now: number, pods: number, delayMs: number): { time: number; pods: number }[] {
  const kept = recent.filter(wish => wish.time > now - delayMs && wish.pods > pods)
  return [...kept, { time: now, pods }]
}

function excessBurstCapacity({ panic, readyPods }: Observed, { targetBurstCapacity, total }: ScalingConfig): number {
  if (targetBurstCapacity === 0) return 0
  if (targetBurstCapacity < 0) return -1
  return Math.floor(readyPods * total - targetBurstCapacity - panic)
}

/** Takes in what was measured and keeps a decision for each revision; ticks only while something is in motion. */
import type { Stat } from '@slipway/core/http'
import type { Clock } from '@slipway/core/observe'
import { decide, type Memory, noMemory } from './decide.ts'
import { Samples } from './samples.ts'
import type { ScalingConfig } from './scaling-config.ts'

export interface RevisionNow {
  config: ScalingConfig
  readyPods: number
  /** Replicas that it is told to have. */
  pods: number
}
export interface Decided {
  /** By the load; undefined while too little is known. */
  wanted: number | undefined
  excessBurstCapacity: number
}
export interface DecidersOptions {
  clock: Clock
  /** The state of a revision now; undefined for one that does not exist. */
  revision(key: string): RevisionNow | undefined
  /** Called when a decision changed. */
  changed(key: string): void
  tickMs?: number
}

const keepMs = 5 * 60_000
/** Without a sign of life for so long nobody measures, and silence means nothing. */
const deafAfterMs = 25_000

interface Entry {
  samples: Samples
  memory: Memory
  decided: Decided
}

export class Deciders {
  readonly #options: DecidersOptions
  readonly #entries = new Map<string, Entry>()
  readonly #moving = new Set<string>()
  #listeningSince: number | undefined
  #heardAt = 0
  #cancelTick: (() => void) | undefined

  constructor(options: DecidersOptions) {
    this.#options = options
  }

  /** An empty report is a sign of life. */
  take(stats: readonly Stat[]): void {
    const now = this.#options.clock.now()
    if (this.#listeningSince === undefined || now - this.#heardAt > deafAfterMs) this.#listeningSince = now
    this.#heardAt = now
    for (const stat of stats) {
      const known = this.#options.revision(stat.revision)
      if (!known) continue
      const entry = this.#entryOf(stat.revision, known.config)
      // Reporters' clocks are not ours; what they say now was now.
      entry.samples.add(stat.time > now || stat.time < now - 5000 ? { ...stat, time: now } : stat)
      if (stat.poke) this.#decide(stat.revision)
      this.#watch(stat.revision)
    }
  }

  /** What is decided of a revision by now. */
  of(key: string): Decided {
    return this.#entries.get(key)?.decided ?? this.#silent(key)
  }
  /** Keeps looking at a revision until it has come to rest. */
  watch(key: string): void {
    this.#watch(key)
  }
  forget(key: string): void {
    this.#entries.delete(key)
    this.#moving.delete(key)
  }
  figures(key: string, windowMs: number): { requests: number; errors: number } | undefined {
    return this.#entries.get(key)?.samples.figures(this.#options.clock.now(), windowMs)
  }
  get ticking(): boolean {
    return this.#cancelTick !== undefined
  }
  stop(): void {
    this.#cancelTick?.()
  }

  #entryOf(key: string, config: ScalingConfig): Entry {
    let entry = this.#entries.get(key)
    if (!entry) {
      entry = {
        samples: new Samples(Math.max(keepMs, 2 * config.stableWindowMs + 5000)),
        memory: noMemory,
        decided: { wanted: undefined, excessBurstCapacity: 0 },
      }
      this.#entries.set(key, entry)
    }
    return entry
  }
  #watch(key: string): void {
    this.#moving.add(key)
    this.#cancelTick ??= this.#options.clock.after(this.#options.tickMs ?? 2000, this.#tick)
  }
  readonly #tick = (): void => {
    this.#cancelTick = undefined
    for (const key of [...this.#moving]) this.#decide(key)
    if (this.#moving.size) this.#cancelTick = this.#options.clock.after(this.#options.tickMs ?? 2000, this.#tick)
  }

  /** Of a revision of which nothing was reported. Silence counts as zero once someone has listened for a whole window. */
  #silent(key: string): Decided {
    const known = this.#options.revision(key)
    const unknown: Decided = { wanted: undefined, excessBurstCapacity: 0 }
    if (!known || !this.#hasListened(known.config.stableWindowMs)) return unknown
    this.#entryOf(key, known.config)
    this.#decide(key)
    return this.#entries.get(key)?.decided ?? unknown
  }
  #hasListened(ms: number): boolean {
    const now = this.#options.clock.now()
    return this.#listeningSince !== undefined && now - this.#heardAt <= deafAfterMs && now - this.#listeningSince >= ms
  }

  #decide(key: string): void {
    const now = this.#options.clock.now()
    const known = this.#options.revision(key)
    if (!known) return void this.forget(key)
    const entry = this.#entryOf(key, known.config)
    const { config, readyPods } = known
    const { metric, stableWindowMs, panicWindowMs } = config
    const traffic = entry.samples.hasTraffic(now, stableWindowMs)
    const before = entry.decided
    if (traffic || this.#hasListened(stableWindowMs)) {
      const since = this.#listeningSince ?? now
      const load = (ms: number) => {
        const { concurrency, rps } = entry.samples.average(now, ms, since)
        return metric === 'rps' ? rps : concurrency
      }
      const { pods, excessBurstCapacity, memory } = decide(
        { stable: load(stableWindowMs), panic: load(panicWindowMs), readyPods },
        config,
        entry.memory,
        now,
      )
      entry.memory = memory
      entry.decided = { wanted: pods, excessBurstCapacity }
    }
    const { wanted } = entry.decided
    const floor = Math.max(wanted ?? 0, config.minScale, config.enableScaleToZero ? 0 : 1)
    const isResting = !traffic && wanted !== undefined && entry.memory.panicSince === undefined && known.pods <= floor
    if (isResting) this.#moving.delete(key)
    if (entry.decided.wanted !== before.wanted || entry.decided.excessBurstCapacity < 0 !== before.excessBurstCapacity < 0)
      this.#options.changed(key)
  }
}

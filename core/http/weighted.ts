/**
 * Smooth weighted round robin, nginx's algorithm: each pick adds its weight to every target, takes the largest and subtracts the sum.
 * The order is the smoothest there is, and any run of picks as long as the sum of the weights has exactly the weights' shares.
 * Source: nginx commit 52327e0627f4 "Upstream: smooth weighted round-robin balancing"
 */
export interface Weighted<T> {
  readonly weight: number
  readonly value: T
}

export class WeightedRoundRobin<T> {
  readonly targets: readonly Weighted<T>[]
  readonly #current: number[]
  readonly #total: number

  /** Targets of weight 0 are never picked. */
  constructor(targets: readonly Weighted<T>[]) {
    this.targets = targets.filter(({ weight }) => weight > 0)
    this.#current = this.targets.map(() => 0)
    this.#total = this.targets.reduce((sum, { weight }) => sum + weight, 0)
  }

  /** Undefined where there is no target. */
  pick(): T | undefined {
    const { targets } = this
    if (targets.length <= 1) return targets[0]?.value
    const current = this.#current
    let best = 0
    for (let i = 0; i < targets.length; i++) {
      current[i]! += targets[i]!.weight
      if (current[i]! > current[best]!) best = i
    }
    current[best]! -= this.#total
    return targets[best]!.value
  }

  /** The target that a hash falls on, by the same shares: the same hash gives the same target as long as the weights stay. */
  at(hash: number): T | undefined {
    let left = hash % (this.#total || 1)
    for (const { weight, value } of this.targets) {
      if (left < weight) return value
      left -= weight
    }
    return undefined
  }
}

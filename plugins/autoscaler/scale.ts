/** From what the load asks for to what the target gets: bounds, the first scale, and the way to zero. Source: knative.dev/serving pkg/reconciler/autoscaling/kpa/scaler.go */
import type { ScalingConfig } from './scaling-config.ts'

export interface ScaleView {
  /** By the load; undefined while nothing was measured. */
  wanted: number | undefined
  /** Replicas that the target is told to have now. */
  current: number
  /** Active=True, Unknown or False, and since when. */
  active: 'True' | 'Unknown' | 'False' | undefined
  activeSince: number
  /** It had its first scale once. */
  initialized: boolean
  /** Requests surely go through the activator, so the last pod may go. */
  proxied: boolean
  /** How long an activation may take. */
  activationTimeoutMs: number
}
export interface Scale {
  /** What should be; undefined leaves things as they are. */
  desired: number | undefined
  /** What the target is told now; the last pod stays until the way through the activator is sure. */
  replicas: number
  /** When to look again without news. */
  lookAgainMs?: number
}

export function scale(view: ScaleView, config: ScalingConfig, now: number): Scale {
  const { wanted, current, initialized, active } = view
  if (wanted === undefined) return unmeasured(view, config)
  // An initial scale of one is no promise: a target that never comes up is given up in the end.
  const first = initialized || config.initialScale <= 1 ? 0 : config.initialScale
  const least = Math.max(config.minScale, first)
  const desired = bounded(wanted, least, config.maxScale)
  if (desired > 0) return { desired, replicas: desired }
  if (!config.enableScaleToZero) return { desired: 1, replicas: 1 }
  if (current === 0) return { desired: 0, replicas: 0 }
  const since = now - view.activeSince
  switch (active) {
    // One that was only just made is coming up as well: silence about it says nothing yet.
    case undefined:
    case 'Unknown':
      // It is just coming up: traffic may have ended, but giving up now would only start all over.
      if (since < view.activationTimeoutMs)
        return { desired: undefined, replicas: current, lookAgainMs: view.activationTimeoutMs - since }
      return { desired: 0, replicas: 0 }
    case 'True':
      if (since < config.stableWindowMs) return { desired: 1, replicas: 1, lookAgainMs: config.stableWindowMs - since }
      return { desired: 0, replicas: 1 }
    default: {
      if (since < config.podRetentionMs) return { desired: 0, replicas: 1, lookAgainMs: config.podRetentionMs - since }
      if (view.proxied || since >= config.gracePeriodMs) return { desired: 0, replicas: 0 }
      return { desired: 0, replicas: 1, lookAgainMs: config.gracePeriodMs - since }
    }
  }
}

/** Nothing was measured yet, or the autoscaler has just begun: what is, stays, within the bounds. */
function unmeasured({ current, initialized, active }: ScaleView, config: ScalingConfig): Scale {
  if (!initialized) {
    const first = bounded(Math.max(config.initialScale, config.minScale, current), 0, config.maxScale)
    return { desired: first, replicas: first }
  }
  const least = config.minScale
  if (current >= least && (config.maxScale === 0 || current <= config.maxScale))
    return active === 'False' && current === 0 ? { desired: 0, replicas: 0 } : { desired: undefined, replicas: current }
  const within = bounded(current, least, config.maxScale)
  return { desired: within, replicas: within }
}

const bounded = (pods: number, least: number, most: number): number => {
  const raised = Math.max(pods, least)
  return most > 0 ? Math.min(raised, most) : raised
}

/**
 * How one revision is scaled: the defaults of the installation, then its annotations `autoscaling.knative.dev/*`.
 * Source: knative.dev/serving pkg/autoscaler/config/config.go, pkg/apis/autoscaling/v1alpha1/pa_lifecycle.go, pkg/reconciler/autoscaling/resources/target.go
 */
import { type Infer, parseDuration, s } from '@slipway/core/api'
import type { PodAutoscaler } from '@slipway/core/api/serving'

/** Knative's ConfigMap config-autoscaler; names and defaults as there. */
export const autoscalerConfig = s.object({
  host: s.string().default('127.0.0.1').describe('Where the data plane reports to.'),
  port: s.port().default(0).describe('0 takes a free one.'),
  containerConcurrencyTargetDefault: s.number().default(100),
  containerConcurrencyTargetPercentage: s.number().default(70),
  requestsPerSecondTargetDefault: s.number().default(200),
  targetBurstCapacity: s.number().default(211).describe('-1 keeps the activator in the path always, 0 only at zero.'),
  stableWindow: s.duration().default('60s'),
  panicWindowPercentage: s.number().default(10),
  panicThresholdPercentage: s.number().default(200),
  maxScaleUpRate: s.number().default(1000),
  maxScaleDownRate: s.number().default(2),
  enableScaleToZero: s.boolean().default(true),
  scaleToZeroGracePeriod: s.duration().default('30s'),
  scaleToZeroPodRetentionPeriod: s.duration().default('0s'),
  scaleDownDelay: s.duration().default('0s'),
  minScale: s.int().min(0).default(0),
  maxScale: s.int().min(0).default(0).describe('0 is no limit.'),
  maxScaleLimit: s.int().min(0).default(0).describe('No revision may ask for more; 0 is no limit.'),
  initialScale: s.int().min(0).default(1),
  allowZeroInitialScale: s.boolean().default(false),
  activationScale: s.int().min(1).default(1),
})
export type AutoscalerConfig = Infer<typeof autoscalerConfig>

export interface ScalingConfig {
  metric: 'concurrency' | 'rps'
  /** What one pod is to have, after utilisation. */
  target: number
  /** What one pod can have. */
  total: number
  targetBurstCapacity: number
  stableWindowMs: number
  panicWindowMs: number
  /** As a factor: 2 is twice what the ready pods are for. */
  panicThreshold: number
  maxScaleUpRate: number
  maxScaleDownRate: number
  scaleDownDelayMs: number
  enableScaleToZero: boolean
  gracePeriodMs: number
  podRetentionMs: number
  minScale: number
  /** 0 is no limit. */
  maxScale: number
  initialScale: number
  activationScale: number
  reachable: boolean
}

const prefix = 'autoscaling.knative.dev/'
/** Knative reads both spellings. */
const old: Record<string, string> = {
  'min-scale': 'minScale',
  'max-scale': 'maxScale',
  'initial-scale': 'initialScale',
  'target-utilization-percentage': 'targetUtilizationPercentage',
  'target-burst-capacity': 'targetBurstCapacity',
  'panic-window-percentage': 'panicWindowPercentage',
  'panic-threshold-percentage': 'panicThresholdPercentage',
}

/** A wrong annotation counts as absent: it is refused where the user writes it, at admission. */
export function scalingConfig(autoscaler: PodAutoscaler, config: AutoscalerConfig): ScalingConfig {
  const { annotations = {} } = autoscaler.metadata
  const text = (name: string) => annotations[prefix + name] ?? (old[name] ? annotations[prefix + old[name]] : undefined)
  const number = (name: string, least: number): number | undefined => {
    const given = text(name)
    const value = given === undefined || given.trim() === '' ? Number.NaN : Number(given)
    return Number.isFinite(value) && value >= least ? value : undefined
  }
  const ms = (name: string, fallback: string): number => {
    try {
      return parseDuration(text(name) ?? fallback)
    } catch {
      return parseDuration(fallback)
    }
  }
  const metric = text('metric') === 'rps' ? 'rps' : 'concurrency'
  const { target, total } = targetOf(metric, autoscaler.spec.containerConcurrency, number, config)
  const stableWindowMs = ms('window', config.stableWindow)
  const panicPercentage = number('panic-window-percentage', 1) ?? config.panicWindowPercentage
  const initial = number('initial-scale', 0) ?? config.initialScale
  const reachable = autoscaler.spec.reachability !== 'Unreachable'
  const maxScale = number('max-scale', 0) ?? config.maxScale
  return {
    metric,
    target,
    total,
    targetBurstCapacity: number('target-burst-capacity', -1) ?? config.targetBurstCapacity,
    stableWindowMs,
    panicWindowMs: Math.max(1000, Math.round((stableWindowMs * panicPercentage) / 100)),
    panicThreshold: (number('panic-threshold-percentage', 110) ?? config.panicThresholdPercentage) / 100,
    maxScaleUpRate: config.maxScaleUpRate,
    maxScaleDownRate: config.maxScaleDownRate,
    scaleDownDelayMs: ms('scale-down-delay', config.scaleDownDelay),
    enableScaleToZero: config.enableScaleToZero,
    gracePeriodMs: parseDuration(config.scaleToZeroGracePeriod),
    podRetentionMs: ms('scale-to-zero-pod-retention-period', config.scaleToZeroPodRetentionPeriod),
    // Nobody is routed to an unreachable revision, so nobody needs its pods.
    minScale: reachable ? (number('min-scale', 0) ?? config.minScale) : 0,
    maxScale: config.maxScaleLimit > 0 && (maxScale === 0 || maxScale > config.maxScaleLimit) ? config.maxScaleLimit : maxScale,
    initialScale: initial === 0 && !config.allowZeroInitialScale ? 1 : initial,
    activationScale: number('activation-scale', 1) ?? config.activationScale,
    reachable,
  }
}

function targetOf(
  metric: 'concurrency' | 'rps',
  containerConcurrency: number,
  number: (name: string, least: number) => number | undefined,
  config: AutoscalerConfig,
): { target: number; total: number } {
  const asked = number('target', 0.01)
  let total: number
  if (metric === 'rps') total = asked ?? config.requestsPerSecondTargetDefault
  else if (containerConcurrency > 0) total = Math.min(asked ?? containerConcurrency, containerConcurrency)
  else total = asked ?? config.containerConcurrencyTargetDefault
  const percentage = number('target-utilization-percentage', 1) ?? config.containerConcurrencyTargetPercentage
  // Less than one request for a pod could never be reached.
  return { target: Math.max(1, (total * percentage) / 100), total }
}

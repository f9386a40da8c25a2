/** Columns of autoscaling/v2 HorizontalPodAutoscalers; the v1 objects are read as v2 (`horizontal-pod-autoscaler.ts` one folder up). */
import { age, count, type Loose, text } from './column.ts'
import { cutOff, none, unset } from './format.ts'

interface Target {
  averageValue?: string
  value?: string
  averageUtilization?: number
}
interface Metric {
  type: string
  [source: string]: unknown
}
const sources: Record<string, string> = {
  Resource: 'resource',
  ContainerResource: 'containerResource',
  Pods: 'pods',
  Object: 'object',
  External: 'external',
}
const unknown = '<unknown>'
const percent = (n: number | undefined, otherwise: string) => (n === undefined ? otherwise : `${n}%`)

function metricText(metric: Metric, status: Metric | undefined): string {
  const source = sources[metric.type]
  if (!source) return '<unknown type>'
  const { target, name } = metric[source] as { target: Target; name?: string }
  const current = (status?.[source] as { current?: Target } | undefined)?.current
  const average = current?.averageValue ?? unknown
  if (metric.type === 'Resource' || metric.type === 'ContainerResource')
    return target.averageValue
      ? `${name}: ${average}/${target.averageValue}`
      : `${name}: ${percent(current?.averageUtilization, unknown)}/${percent(target.averageUtilization, '<auto>')}`
  if (metric.type === 'Pods') return `${average}/${target.averageValue ?? '0'}`
  return target.averageValue ? `${average}/${target.averageValue} (avg)` : `${current?.value ?? unknown}/${target.value ?? '0'}`
}

function targets(o: Loose): string {
  const metrics: Metric[] = o.spec.metrics ?? []
  if (!metrics.length) return none
  return cutOff(
    metrics.map((metric, i) => metricText(metric, o.status?.currentMetrics?.[i])),
    2,
    ', ',
  )
}

export const horizontalPodAutoscalerColumns = [
  text(
    'Reference',
    o => `${o.spec.scaleTargetRef?.kind ?? ''}/${o.spec.scaleTargetRef?.name ?? ''}`,
    '@autoscaling.v2.HorizontalPodAutoscalerSpec/scaleTargetRef',
  ),
  text(
    'Targets',
    targets,
    'metrics contains the specifications for which to use to calculate the desired replica count (the maximum replica count across all metrics will be used).  The desired replica count is calculated multiplying the ratio between the target value and the current value by the current number of pods.  Ergo, metrics used must decrease as the pod count is increased, and vice-versa.  See the individual metric source types for more information about how each type of metric must respond.',
  ),
  text(
    'MinPods',
    o => (o.spec.minReplicas === undefined ? unset : String(o.spec.minReplicas)),
    '@autoscaling.v2.HorizontalPodAutoscalerSpec/minReplicas',
  ),
  {
    ...count('MaxPods', o => o.spec.maxReplicas, '@autoscaling.v2.HorizontalPodAutoscalerSpec/maxReplicas'),
    type: 'string' as const,
  },
  {
    ...count('Replicas', o => o.status?.currentReplicas, '@autoscaling.v2.HorizontalPodAutoscalerStatus/currentReplicas'),
    type: 'string' as const,
  },
  age,
]

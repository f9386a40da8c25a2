/**
 * autoscaling/v1 knows one target, the CPU's; objects are kept as v2. What v1 cannot say stands in annotations, so that nothing is lost on the way there and back.
 * Source: k8s.io/kubernetes pkg/apis/autoscaling/v1/conversion.go
 */
import type { KubeObject } from '@slipway/core/api'
import type { Column, ServedResource } from '../served-resource.ts'
import type { Loose } from './columns/column.ts'
import { horizontalPodAutoscalerColumns } from './columns/horizontal-pod-autoscaler.ts'

/** v2 field to the annotation that carries it in v1, as JSON. */
const carried = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
} as const
const statusCarried = {
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
} as const

interface Metric {
  type: string
  resource?: { name: string; target?: { averageUtilization?: number }; current?: { averageUtilization?: number } }
}
const listOf = (metrics: Metric[] | null | undefined): Metric[] => metrics ?? []
const isCpu = (m: Metric) => m.type === 'Resource' && m.resource?.name === 'cpu'

function fromStorage(stored: KubeObject): KubeObject {
  const { spec, status, metadata, ...rest } = stored as Loose
  const { metrics, behavior, ...plain } = spec
  const { currentMetrics, conditions, ...plainStatus } = status ?? {}
  const cpu = listOf(metrics).find(m => isCpu(m) && m.resource?.target?.averageUtilization !== undefined)
  const current = listOf(currentMetrics).find(isCpu)?.resource?.current?.averageUtilization
  const others = listOf(metrics).filter(m => m !== cpu)
  const extra: Record<string, string> = {
    ...(others.length && { [carried.metrics]: JSON.stringify(others) }),
    ...(behavior && { [carried.behavior]: JSON.stringify(behavior) }),
    ...(currentMetrics?.length && { [statusCarried.currentMetrics]: JSON.stringify(currentMetrics) }),
    ...(conditions?.length && { [statusCarried.conditions]: JSON.stringify(conditions) }),
  }
  const annotations = { ...metadata.annotations, ...extra }
  return {
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: { ...metadata, ...(Object.keys(annotations).length && { annotations }) },
    spec: { ...plain, ...(cpu && { targetCPUUtilizationPercentage: cpu.resource!.target!.averageUtilization }) },
    status: { ...plainStatus, ...(current !== undefined && { currentCPUUtilizationPercentage: current }) },
  } as unknown as KubeObject
}

const parsed = (text: string | undefined): unknown => {
  try {
    return text === undefined ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

const cpuMetric = (percent: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: percent } },
})

function toStorage(object: KubeObject): KubeObject {
  const { spec, status, metadata, ...rest } = object as Loose
  const { targetCPUUtilizationPercentage: target, ...plain } = spec
  const { currentCPUUtilizationPercentage: _, ...plainStatus } = status ?? {}
  const { annotations = {} } = metadata
  const of = (key: string) => parsed(annotations[key])
  const carriedKeys: string[] = [...Object.values(carried), ...Object.values(statusCarried)]
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !carriedKeys.includes(key)))
  const metrics = [...((of(carried.metrics) as Metric[]) ?? []), ...(target === undefined ? [] : [cpuMetric(target)])]
  if (!metrics.length) metrics.push(cpuMetric(80))
  const { annotations: _a, ...meta } = metadata
  const [behavior, currentMetrics, conditions] = [
    of(carried.behavior),
    of(statusCarried.currentMetrics),
    of(statusCarried.conditions),
  ]
  return {
    ...rest,
    apiVersion: 'autoscaling/v2',
    metadata: { ...meta, ...(Object.keys(kept).length && { annotations: kept }) },
    spec: { ...plain, metrics, ...(behavior !== undefined && { behavior }) },
    status: {
      ...plainStatus,
      ...(currentMetrics !== undefined && { currentMetrics }),
      ...(conditions !== undefined && { conditions }),
    },
  } as unknown as KubeObject
}

export const horizontalPodAutoscalerConversion: Partial<ServedResource> = {
  storageVersion: 'v2',
  toStorage,
  fromStorage,
  columns: horizontalPodAutoscalerColumns.map(
    (column): Column => ({ ...column, cell: (object, now) => column.cell!(toStorage(object), now) }),
  ),
}

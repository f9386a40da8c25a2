import { applyDefaults, objectOf } from '@slipway/core/api'
import { PodAutoscaler } from '@slipway/core/api/serving'
import { type AutoscalerConfig, autoscalerConfig, type ScalingConfig, scalingConfig } from '../scaling-config.ts'

export function defaultConfig(): AutoscalerConfig {
  const config = {}
  applyDefaults(autoscalerConfig.json, config)
  return config as AutoscalerConfig
}
export const autoscalerWith = (
  annotations: Record<string, string> = {},
  spec: Partial<PodAutoscaler['spec']> = {},
): PodAutoscaler =>
  objectOf(PodAutoscaler, {
    metadata: {
      name: 'hello-00001',
      namespace: 'demo',
      uid: 'u',
      generation: 1,
      annotations: Object.fromEntries(
        Object.entries(annotations).map(([key, value]) => [`autoscaling.knative.dev/${key}`, value]),
      ),
    },
    spec: {
      containerConcurrency: 0,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'hello-00001-deployment' },
      reachability: 'Reachable',
      protocolType: 'http1',
      ...spec,
    },
  })
export const scalingWith = (annotations: Record<string, string> = {}, spec: Partial<PodAutoscaler['spec']> = {}): ScalingConfig =>
  scalingConfig(autoscalerWith(annotations, spec), defaultConfig())

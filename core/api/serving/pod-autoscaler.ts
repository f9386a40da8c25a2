/**
 * What the autoscaler scales: one for each Revision, with its name. Source: knative.dev/serving pkg/apis/autoscaling/v1alpha1/pa_types.go
 * Annotations `autoscaling.knative.dev/*` (class, metric, target, min-scale, …) are carried from the Revision. Internal.
 */
import { conditionsSchema } from '../conditions.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { s } from '../schema.ts'

export const PodAutoscaler = defineKind({
  group: 'autoscaling.internal.knative.dev',
  version: 'v1alpha1',
  kind: 'PodAutoscaler',
  shortNames: ['kpa', 'pa'],
  categories: ['knative-internal', 'autoscaling'],
  description: 'How many pods a revision wants, and has.',
  columns: [
    { name: 'DesiredScale', type: 'integer', jsonPath: '.status.desiredScale' },
    { name: 'ActualScale', type: 'integer', jsonPath: '.status.actualScale' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  ],
  spec: s.object({
    /** 0 is no limit. */
    containerConcurrency: s.int().min(0).default(0),
    scaleTargetRef: s.object({ apiVersion: s.string(), kind: s.string(), name: s.string() }),
    reachability: s.enum('Reachable', 'Unreachable', '').default(''),
    protocolType: s.enum('http1', 'h2c').default('http1'),
  }),
  status: s.object({
    observedGeneration: s.int().optional(),
    conditions: conditionsSchema(),
    serviceName: s.string().optional(),
    metricsServiceName: s.string().optional(),
    /** -1 while nothing is known. */
    desiredScale: s.int().optional(),
    actualScale: s.int().optional(),
  }),
})
export type PodAutoscaler = KindOf<typeof PodAutoscaler>

/**
 * Whether a revision's requests go to its pods (Serve) or through the activator (Proxy). Named as the revision; its Kubernetes
 * Services are NAME (public) and NAME-private (selects the pods). Source: knative.dev/networking serverlessservice_types.go. Internal.
 */
import { conditionsSchema } from '../conditions.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { s } from '../schema.ts'

export const ServerlessService = defineKind({
  group: 'networking.internal.knative.dev',
  version: 'v1alpha1',
  kind: 'ServerlessService',
  shortNames: ['sks'],
  categories: ['knative-internal', 'networking'],
  description: 'How requests reach the pods of a revision: straight, or held by the activator.',
  columns: [
    { name: 'Mode', type: 'string', jsonPath: '.spec.mode' },
    { name: 'Activators', type: 'integer', jsonPath: '.spec.numActivators' },
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  ],
  spec: s.object({
    mode: s.enum('Proxy', 'Serve'),
    objectRef: s.object({ apiVersion: s.string(), kind: s.string(), name: s.string() }),
    protocolType: s.enum('http1', 'h2c').default('http1'),
    numActivators: s.int().min(0).default(0),
  }),
  status: s.object({
    observedGeneration: s.int().optional(),
    conditions: conditionsSchema(),
    serviceName: s.string().optional(),
    privateServiceName: s.string().optional(),
  }),
})
export type ServerlessService = KindOf<typeof ServerlessService>

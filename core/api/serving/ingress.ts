/**
 * The seam between the route controller and whatever routes requests. Source: knative.dev/networking pkg/apis/networking/v1alpha1/ingress_types.go
 * Internal: users never write it.
 */
import { type Condition, conditionsSchema } from '../conditions.ts'
import { defineKind, type KindOf } from '../kind.ts'
import { s } from '../schema.ts'

const split = s.object({
  /** Namespace and name of the ServerlessService (and Kubernetes Service) that answers; the revision's own name. */
  serviceNamespace: s.string(),
  serviceName: s.string(),
  servicePort: s.intOrString(),
  percent: s.int().min(0).max(100).default(100),
  appendHeaders: s.record(s.string()).optional(),
})
const path = s.object({
  /** A prefix; all paths when absent. */
  path: s.string().optional(),
  /** Only requests with these header values, such as the tag header: `{ 'Knative-Serving-Tag': { exact: 'canary' } }`. */
  headers: s.record(s.object({ exact: s.string().optional() })).optional(),
  rewriteHost: s.string().optional(),
  appendHeaders: s.record(s.string()).optional(),
  splits: s.array(split),
})
const rule = s.object({
  hosts: s.array(s.string()),
  visibility: s.enum('ExternalIP', 'ClusterLocal').default('ExternalIP'),
  http: s.object({ paths: s.array(path) }),
})
const loadBalancer = s.object({
  ingress: s.array(
    s.object({
      ip: s.string().optional(),
      domain: s.string().optional(),
      domainInternal: s.string().optional(),
      meshOnly: s.boolean().optional(),
    }),
  ),
})

export const Ingress = defineKind({
  group: 'networking.internal.knative.dev',
  version: 'v1alpha1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['kingress', 'king'],
  categories: ['knative-internal', 'networking'],
  description: 'Hosts and paths, and the shares of requests that each revision gets.',
  columns: [
    { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: 'Reason', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  ],
  spec: s.object({
    rules: s.array(rule),
    tls: s
      .array(s.object({ hosts: s.array(s.string()), secretName: s.string(), secretNamespace: s.string().optional() }))
      .optional(),
    httpOption: s.enum('Enabled', 'Redirected').default('Enabled'),
  }),
  status: s.object({
    observedGeneration: s.int().optional(),
    conditions: conditionsSchema(),
    publicLoadBalancer: loadBalancer.optional(),
    privateLoadBalancer: loadBalancer.optional(),
  }),
})
export type Ingress = KindOf<typeof Ingress>
export type IngressRule = Ingress['spec']['rules'][number]
export type IngressSplit = IngressRule['http']['paths'][number]['splits'][number]
export type { Condition }

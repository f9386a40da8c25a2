/** Small valid objects that rows start from; a row states only what differs. */
import { contractGroup } from './paths.ts'

type Json = Record<string, unknown>
const object =
  (apiVersion: string, kind: string) =>
  (name: string, rest: Json = {}, metadata: Json = {}): Json => ({
    apiVersion,
    kind,
    metadata: { name, ...metadata },
    ...rest,
  })

export const configMap = object('v1', 'ConfigMap')
export const secret = object('v1', 'Secret')
export const namespace = object('v1', 'Namespace')
export const event = object('v1', 'Event')
export const node = object('v1', 'Node')
export const lease = object('coordination.k8s.io/v1', 'Lease')
export const widget = (name: string, spec: Json = { size: 1 }, metadata: Json = {}) =>
  object(`${contractGroup}/v1`, 'Widget')(name, { spec }, metadata)
export const rule = (name: string, spec: Json = {}, metadata: Json = {}) =>
  object(`${contractGroup}/v1`, 'Rule')(name, { spec }, metadata)
export const gadget = object(`${contractGroup}/v1`, 'Gadget')

export const container = (rest: Json = {}): Json => ({ name: 'main', image: 'app:1', ...rest })
export const pod = (name: string, spec: Json = {}, metadata: Json = {}) =>
  object('v1', 'Pod')(name, { spec: { containers: [container()], ...spec } }, metadata)
export const template = (spec: Json = {}, labels: Json = { app: 'web' }): Json => ({
  metadata: { labels },
  spec: { containers: [container()], ...spec },
})
const selector = { matchLabels: { app: 'web' } }
export const deployment = (name: string, spec: Json = {}, metadata: Json = {}) =>
  object('apps/v1', 'Deployment')(name, { spec: { selector, template: template(), ...spec } }, metadata)
export const replicaSet = (name: string, spec: Json = {}, metadata: Json = {}) =>
  object('apps/v1', 'ReplicaSet')(name, { spec: { selector, template: template(), ...spec } }, metadata)
export const statefulSet = (name: string, spec: Json = {}) =>
  object('apps/v1', 'StatefulSet')(name, { spec: { serviceName: 'web', selector, template: template(), ...spec } })
export const daemonSet = (name: string, spec: Json = {}) =>
  object('apps/v1', 'DaemonSet')(name, { spec: { selector, template: template(), ...spec } })
export const job = (name: string, spec: Json = {}, metadata: Json = {}) =>
  object('batch/v1', 'Job')(
    name,
    { spec: { template: { spec: { restartPolicy: 'Never', containers: [container()] } }, ...spec } },
    metadata,
  )
export const cronJob = (name: string, spec: Json = {}) =>
  object('batch/v1', 'CronJob')(name, {
    spec: {
      schedule: '*/5 * * * *',
      jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [container()] } } } },
      ...spec,
    },
  })
export const service = (name: string, spec: Json = {}, metadata: Json = {}) =>
  object('v1', 'Service')(name, { spec: { selector: { app: 'web' }, ports: [{ port: 80 }], ...spec } }, metadata)
export const endpointSlice = object('discovery.k8s.io/v1', 'EndpointSlice')
export const budget = (name: string, spec: Json = {}) =>
  object('policy/v1', 'PodDisruptionBudget')(name, { spec: { selector, minAvailable: 1, ...spec } })
export const autoscaler = (name: string, spec: Json = {}) =>
  object('autoscaling/v2', 'HorizontalPodAutoscaler')(name, {
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }, maxReplicas: 3, ...spec },
  })

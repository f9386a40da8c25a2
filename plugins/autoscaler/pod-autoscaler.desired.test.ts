import { type Condition, conditionOf, objectOf } from '@slipway/core/api'
import { ServerlessService } from '@slipway/core/api/serving'
import { expect } from 'chai'
import { desiredPodAutoscaler, type PodAutoscalerView } from './pod-autoscaler.desired.ts'
import { autoscalerWith, scalingWith } from './testing/config.ts'

const now = Date.parse('2026-01-01T01:00:00Z')
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString().replace('.000', '')
const sks = (mode: 'Proxy' | 'Serve') => {
  const object = objectOf(ServerlessService, {
    metadata: { name: 'hello-00001', namespace: 'demo' },
    spec: { mode, objectRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' }, protocolType: 'http1', numActivators: 1 },
  })
  return { ...object, status: { conditions: [{ type: 'Ready', status: 'True' } as Condition] } }
}
type State = 'new' | 'coming up' | 'active' | 'inactive'
const conditionsOf: Record<State, Condition[]> = {
  new: [],
  'coming up': [{ type: 'Active', status: 'Unknown', reason: 'Queued', lastTransitionTime: ago(5) }],
  active: [
    { type: 'Active', status: 'True', lastTransitionTime: ago(120) },
    { type: 'ScaleTargetInitialized', status: 'True' },
  ],
  inactive: [
    { type: 'Active', status: 'False', reason: 'NoTraffic', lastTransitionTime: ago(5) },
    { type: 'ScaleTargetInitialized', status: 'True' },
  ],
}
const cases: { name: string; is: State; view: Partial<PodAutoscalerView>; want: Record<string, unknown> }[] = [
  {
    name: 'new, no pod yet',
    is: 'new',
    view: { replicas: 1 },
    want: { active: 'Unknown Queued', initialized: 'Unknown', mode: 'Proxy', desired: 1 },
  },
  {
    name: 'the first pod is ready',
    is: 'coming up',
    view: { replicas: 1, readyPods: 1, pods: 1 },
    want: { active: 'True', initialized: 'True', desired: 1 },
  },
  {
    name: 'load',
    is: 'active',
    view: { replicas: 1, readyPods: 1, wanted: 3 },
    want: { active: 'True', replicas: 3, desired: 3 },
  },
  {
    name: 'a burst would not fit',
    is: 'active',
    view: { replicas: 1, readyPods: 1, wanted: 1, excessBurstCapacity: -10 },
    want: { mode: 'Proxy' },
  },
  {
    name: 'a burst fits',
    is: 'active',
    view: { replicas: 4, readyPods: 4, wanted: 4, excessBurstCapacity: 10 },
    want: { mode: 'Serve' },
  },
  {
    name: 'no traffic: inactive first, its pod stays',
    is: 'active',
    view: { replicas: 1, readyPods: 1, wanted: 0, serverless: sks('Serve') },
    want: { active: 'False NoTraffic', mode: 'Proxy', replicas: undefined, desired: 0 },
  },
  {
    name: 'then to zero, as the activator has it',
    is: 'inactive',
    view: { replicas: 1, readyPods: 1, wanted: 0, serverless: sks('Proxy') },
    want: { active: 'False NoTraffic', replicas: 0, desired: 0 },
  },
  {
    name: 'at zero, nothing known',
    is: 'inactive',
    view: { replicas: 0, serverless: sks('Proxy') },
    want: { active: 'False NoTraffic', replicas: undefined, mode: 'Proxy', desired: 0 },
  },
  {
    name: 'a request comes for a revision at zero',
    is: 'inactive',
    view: { replicas: 0, wanted: 1, serverless: sks('Proxy') },
    want: { active: 'Unknown Queued', replicas: 1, desired: 1 },
  },
  {
    name: 'a restart of the autoscaler changes nothing',
    is: 'active',
    view: { replicas: 3, readyPods: 3 },
    want: { active: 'True', replicas: undefined },
  },
]

describe('desired PodAutoscaler', () => {
  for (const { name, is, view, want } of cases)
    it(name, () => {
      const autoscaler = { ...autoscalerWith(), status: { conditions: conditionsOf[is] } }
      const desired = desiredPodAutoscaler(
        {
          autoscaler,
          config: scalingWith(),
          wanted: undefined,
          excessBurstCapacity: 0,
          replicas: 1,
          readyPods: 0,
          pods: 0,
          serverless: undefined,
          activationTimeoutMs: 600_000,
          ...view,
        },
        now,
      )
      const text = (type: string) => {
        const { status = '', reason = '' } = conditionOf(desired.status?.conditions, type) ?? {}
        return `${status} ${reason}`.trim()
      }
      const child = desired.children?.[0] as ServerlessService
      const got: Record<string, unknown> = {
        active: text('Active'),
        initialized: text('ScaleTargetInitialized'),
        mode: child.spec.mode,
        replicas: desired.replicas,
        desired: desired.status?.desiredScale,
      }
      for (const [key, value] of Object.entries(want)) expect(got[key], key).to.equal(value)
    })
})

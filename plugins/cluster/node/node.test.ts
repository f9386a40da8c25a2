import { k8s } from '@slipway/core/api'
import { createInformers } from '@slipway/core/client'
import { silentLog } from '@slipway/core/observe'
import { fakeApi, fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { type Running, running } from '../running.fixture.ts'
import { fitsNode } from './node-affinity.ts'
import { nodeLifecycleReconciler } from './node-lifecycle.ts'
import { podsToCollect, startPodGc } from './pod-gc.ts'
import { tolerates } from './taints.ts'

const node = (name = 'here', labels: Record<string, string> = {}): k8s.Node =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, labels },
    status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: 'start' }] },
  }) as unknown as k8s.Node
const lease = (renewTime: string): k8s.Lease =>
  ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name: 'here', namespace: 'kube-node-lease' },
    spec: { renewTime },
  }) as k8s.Lease
const pod = (name: string, spec: Partial<k8s.PodSpec> = {}, phase = 'Running'): k8s.Pod =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'demo', uid: `pod-${name}`, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { nodeName: 'here', containers: [], ...spec },
    status: { phase, conditions: [{ type: 'Ready', status: 'True' }] },
  }) as k8s.Pod

describe('tolerations', () => {
  const taint = { key: 'a', value: 'b', effect: 'NoExecute' }
  const cases = [
    { name: 'same key and value', toleration: { key: 'a', value: 'b', effect: 'NoExecute' }, want: true },
    { name: 'another value', toleration: { key: 'a', value: 'c' }, want: false },
    { name: 'any value', toleration: { key: 'a', operator: 'Exists' }, want: true },
    { name: 'everything', toleration: { operator: 'Exists' }, want: true },
    { name: 'another effect', toleration: { key: 'a', operator: 'Exists', effect: 'NoSchedule' }, want: false },
  ]
  for (const { name, toleration, want } of cases)
    it(`${name}: ${want}`, () => expect(tolerates(toleration, taint)).to.equal(want))
})

describe('node affinity', () => {
  const required = (...matchExpressions: { key: string; operator: string; values?: string[] }[]) =>
    ({
      containers: [],
      affinity: {
        nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions }] } },
      },
    }) as k8s.PodSpec
  const cases = [
    { name: 'In', spec: required({ key: 'zone', operator: 'In', values: ['a', 'b'] }), want: true },
    { name: 'NotIn', spec: required({ key: 'zone', operator: 'NotIn', values: ['a'] }), want: false },
    { name: 'Gt', spec: required({ key: 'cpus', operator: 'Gt', values: ['3'] }), want: true },
    { name: 'Lt', spec: required({ key: 'cpus', operator: 'Lt', values: ['3'] }), want: false },
    { name: 'an empty term', spec: required(), want: false },
    { name: 'a node selector', spec: { containers: [], nodeSelector: { zone: 'a' } }, want: true },
  ]
  for (const { name, spec, want } of cases)
    it(`${name}: ${want}`, () => expect(fitsNode(spec, node('x', { zone: 'a', cpus: '4' }))).to.equal(want))
})

describe('node controller', () => {
  let run: Running
  const start = (...objects: Parameters<Running['api']['seed']>) => {
    run = running([nodeLifecycleReconciler()], ...objects)
    return run.settle()
  }
  afterEach(() => run.stop())
  const here = () => run.api.all('Node')[0] as k8s.Node
  const ready = () => here().status!.conditions!.find(c => c.type === 'Ready')!
  const renew = (text: string) =>
    run.api
      .patch(k8s.Lease, { namespace: 'kube-node-lease', name: 'here' }, 'merge', { spec: { renewTime: text } })
      .then(run.settle)

  it('leaves a node alone that renews its lease, and never acts on how old the first lease looks', async () => {
    await start(node(), lease('years ago'))
    for (let i = 0; i < 20; i++) {
      await run.later(10_000)
      await renew(`renewal ${i}`)
    }
    expect(ready().status).to.equal('True')
    expect(run.api.writes.every(w => w.kind === 'Lease')).to.equal(true)
  })

  it('gives a node that registers the time to say how it is', async () => {
    await start({ ...node(), status: {} } as k8s.Node)
    await run.later(40_000)
    expect(run.api.writes).to.deep.equal([])
    await run.later(10_000)
    expect(ready()).to.include({ status: 'Unknown', reason: 'NodeStatusNeverUpdated' })
  })

  it('takes a silent node for lost: conditions, taints, and pods that are not ready', async () => {
    await start(node(), lease('once'), pod('a'))
    await run.later(50_000)
    expect(ready()).to.include({ status: 'Unknown', reason: 'NodeStatusUnknown' })
    expect(here().spec!.taints!.map(t => `${t.key}:${t.effect}`)).to.deep.equal([
      'node.kubernetes.io/unreachable:NoSchedule',
      'node.kubernetes.io/unreachable:NoExecute',
    ])
    expect(run.pods()[0]!.status!.conditions![0]!.status).to.equal('False')
  })

  it('evicts pods when they have borne it long enough, and those that bear it for ever never', async () => {
    const toleration = (seconds?: number) => ({
      tolerations: [
        {
          key: 'node.kubernetes.io/unreachable',
          operator: 'Exists',
          effect: 'NoExecute',
          ...(seconds !== undefined && { tolerationSeconds: seconds }),
        },
      ],
    })
    await start(node(), lease('once'), pod('default'), pod('short', toleration(30)), pod('patient', toleration()))
    await run.later(50_000)
    expect(run.pods()).to.have.length(3)
    await run.later(30_000)
    expect(run.pods().map(p => p.metadata.name)).to.deep.equal(['default', 'patient'])
    await run.later(270_000)
    expect(run.pods().map(p => p.metadata.name)).to.deep.equal(['patient'])
  })

  it('takes the taints back when the node is heard of again', async () => {
    await start(node(), lease('once'))
    await run.later(50_000)
    await renew('again')
    await run.api.updateStatus(k8s.Node, {
      ...here(),
      status: { conditions: [{ type: 'Ready', status: 'True', lastHeartbeatTime: 'x' }] },
    } as unknown as k8s.Node)
    await run.settle()
    expect(here().spec!.taints).to.deep.equal([])
  })
})

describe('pod garbage', () => {
  it('is what ended beyond the threshold, oldest first, what has no node to end on, and what its node left behind', () => {
    const ended = (name: string, created: string) => {
      const object = pod(name, {}, 'Succeeded')
      object.metadata.creationTimestamp = created
      return object
    }
    const unplaced = pod('unplaced')
    delete unplaced.spec.nodeName
    unplaced.metadata.deletionTimestamp = '2026-01-01T00:00:00Z'
    const found = podsToCollect(
      [
        ended('new', '2026-01-03T00:00:00Z'),
        ended('old', '2026-01-01T00:00:00Z'),
        unplaced,
        pod('lost', { nodeName: 'gone' }),
        pod('well'),
      ],
      new Set(['here']),
      1,
    )
    expect(found.excess.map(p => p.metadata.name)).to.deep.equal(['old'])
    expect(found.unplaced.map(p => p.metadata.name)).to.deep.equal(['unplaced'])
    expect(found.orphaned.map(p => p.metadata.name)).to.deep.equal(['lost'])
  })

  it('is taken away once the node is surely gone', async () => {
    const api = fakeApi(node(), pod('lost', { nodeName: 'gone' }), pod('well'))
    const clock = fakeClock()
    const stopping = new AbortController()
    const options = { api, log: silentLog, clock, signal: stopping.signal }
    startPodGc({ ...options, informers: createInformers(options) })
    const minute = async () => {
      for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
      await clock.advance(60_000)
      for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
    }
    await minute()
    expect(api.all('Pod')).to.have.length(2)
    await minute()
    expect(api.all('Pod').map(o => o.metadata.name)).to.deep.equal(['well'])
    stopping.abort()
  })
})

import { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import { type Running, running } from '../running.fixture.ts'
import { endpointSlices } from './endpoint-slice.desired.ts'
import { endpointSliceReconciler } from './endpoint-slice.ts'

const service = (spec: Partial<NonNullable<k8s.CoreService['spec']>> = {}, name = 'web'): k8s.CoreService =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'demo', uid: `service-${name}`, labels: { team: 'a' } },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080, protocol: 'TCP' }], ...spec },
  }) as k8s.CoreService

const pod = (name: string, over: { ready?: boolean; ip?: string; leaving?: boolean; phase?: string; portName?: string } = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'demo',
      uid: `pod-${name}`,
      labels: { app: 'web' },
      ...(over.leaving && { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['test/node'] }),
    },
    spec: {
      nodeName: 'here',
      containers: [{ name: 'main', ports: over.portName ? [{ name: over.portName, containerPort: 9000 }] : [] }],
    },
    status: {
      phase: over.phase ?? 'Running',
      podIP: over.ip ?? '10.0.0.1',
      conditions: [{ type: 'Ready', status: (over.ready ?? true) ? 'True' : 'False' }],
    },
  }) as unknown as k8s.Pod

describe('endpoint slices', () => {
  const conditions = (s: k8s.CoreService, p: k8s.Pod) => endpointSlices(s, [p])[0]!.endpoints[0]!.conditions
  const states = [
    { name: 'a ready pod', pod: pod('a'), want: { ready: true, serving: true, terminating: false } },
    {
      name: 'a pod that is not ready',
      pod: pod('a', { ready: false }),
      want: { ready: false, serving: false, terminating: false },
    },
    {
      name: 'a leaving pod that still serves',
      pod: pod('a', { leaving: true }),
      want: { ready: false, serving: true, terminating: true },
    },
  ]
  for (const { name, pod: p, want } of states) it(name, () => expect(conditions(service(), p)).to.deep.equal(want))

  it('publishes addresses that are not ready where the Service says so', () =>
    expect(conditions(service({ publishNotReadyAddresses: true }), pod('a', { ready: false }))).to.include({
      ready: true,
      serving: false,
    }))

  it('labels name the Service and the manager, and mark a headless one', () => {
    const [slice] = endpointSlices(service({ clusterIP: 'None' }), [])
    expect(slice!.metadata.labels).to.deep.equal({
      team: 'a',
      'service.kubernetes.io/headless': '',
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': 'web',
    })
    expect(slice!.endpoints).to.deep.equal([])
  })

  it('looks named target ports up in each pod, and leaves out pods that lack the name', () => {
    const slices = endpointSlices(service({ ports: [{ name: 'http', port: 80, targetPort: 'web' }] }), [
      pod('a', { portName: 'web' }),
      pod('b', { portName: 'other' }),
    ])
    expect(slices).to.have.length(1)
    expect(slices[0]!.ports).to.deep.equal([{ name: 'http', port: 9000, protocol: 'TCP' }])
    expect(slices[0]!.endpoints.map(e => e.targetRef!.name)).to.deep.equal(['a'])
  })

  it('holds a hundred endpoints a slice', () => {
    const pods = Array.from({ length: 250 }, (_, i) => pod(`p${i}`, { ip: `10.0.${i >> 8}.${i & 255}` }))
    expect(endpointSlices(service(), pods).map(slice => slice.endpoints.length)).to.deep.equal([100, 100, 50])
  })
})

describe('endpointslice controller', () => {
  let run: Running
  afterEach(() => run.stop())

  it('follows pods, and removes what it made with the Service', async () => {
    run = running([endpointSliceReconciler], service(), pod('a'))
    await run.settle()
    const slices = () => run.api.all('EndpointSlice') as k8s.EndpointSlice[]
    const legacy = () => (run.api.all('Endpoints') as k8s.Endpoints[])[0]
    expect(slices()[0]!.endpoints.map(e => e.addresses[0])).to.deep.equal(['10.0.0.1'])
    expect(legacy()!.subsets).to.deep.equal([
      {
        addresses: [{ ip: '10.0.0.1', nodeName: 'here', targetRef: { kind: 'Pod', namespace: 'demo', name: 'a', uid: 'pod-a' } }],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ])
    await run.api.create(k8s.Pod, pod('b', { ip: '10.0.0.2', ready: false }))
    await run.settle()
    expect(slices()[0]!.endpoints.map(e => e.conditions!.ready)).to.deep.equal([true, false])
    await run.api.delete(k8s.Pod, { namespace: 'demo', name: 'a' })
    await run.settle()
    expect(slices()[0]!.endpoints.map(e => e.addresses[0])).to.deep.equal(['10.0.0.2'])
    await run.api.delete(k8s.CoreService, { namespace: 'demo', name: 'web' })
    await run.settle()
    expect(legacy()).to.equal(undefined)
  })

  it('makes a slice again that was deleted, and writes nothing otherwise', async () => {
    run = running([endpointSliceReconciler], service(), pod('a'))
    await run.settle()
    const [slice] = run.api.all('EndpointSlice')
    await run.api.delete(k8s.EndpointSlice, slice!.metadata)
    await run.settle()
    expect(run.api.all('EndpointSlice')).to.have.length(1)
    const writes = run.api.writes.length
    await run.setPod('a', 'Running')
    expect(run.api.writes.slice(writes + 1)).to.deep.equal([])
  })
})

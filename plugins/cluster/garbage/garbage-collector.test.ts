import { type KubeObject, k8s, type OwnerReference, type ResourceKind } from '@slipway/core/api'
import { createInformers } from '@slipway/core/client'
import { silentLog } from '@slipway/core/observe'
import { type FakeApi, type FakeClock, fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { discoverableApi } from '../discovery.fixture.ts'
import { type GarbageCollector, startGarbageCollector } from './garbage-collector.ts'
import { startResourceMonitors } from './resource-monitors.ts'

const widget: ResourceKind = { group: 'example.dev', version: 'v1', kind: 'Widget', resource: 'widgets', namespaced: true }
const crd: ResourceKind = k8s.CustomResourceDefinition

const ownerRef = (object: KubeObject, over: Partial<OwnerReference> = {}): OwnerReference => ({
  apiVersion: object.apiVersion,
  kind: object.kind,
  name: object.metadata.name,
  uid: object.metadata.uid!,
  ...over,
})
const object = (kind: ResourceKind, name: string, ...owners: OwnerReference[]): KubeObject => ({
  apiVersion: kind.group ? `${kind.group}/${kind.version}` : kind.version,
  kind: kind.kind,
  metadata: { name, namespace: 'demo', uid: `uid-of-${name}`, ...(owners.length && { ownerReferences: owners }) },
})

describe('garbage collector', () => {
  let api: FakeApi
  let clock: FakeClock
  let kinds: ResourceKind[]
  let collector: GarbageCollector
  const stopping: AbortController[] = []

  const settle = async () => {
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 40; i++) await new Promise(resolve => setImmediate(resolve))
      await clock.advance(200)
    }
  }
  async function start(...objects: KubeObject[]) {
    kinds = [k8s.Pod, k8s.ConfigMap, k8s.ReplicaSet, k8s.Deployment, k8s.CoreEvent, crd]
    api = discoverableApi(kinds, ...objects)
    clock = fakeClock()
    const stop = new AbortController()
    stopping.push(stop)
    const options = { api, log: silentLog, clock, signal: stop.signal }
    const informers = createInformers(options)
    const monitors = startResourceMonitors({ ...options, informers, shared: [k8s.Pod, k8s.ReplicaSet] })
    collector = startGarbageCollector({ api, monitors, log: silentLog, clock })
    await settle()
  }
  afterEach(async () => {
    for (const stop of stopping.splice(0)) stop.abort()
    await collector.stop()
  })
  const names = () =>
    ['Deployment', 'ReplicaSet', 'Pod', 'ConfigMap', 'Widget'].flatMap(kind => api.all(kind).map(o => o.metadata.name)).sort()

  const deployment = object(k8s.Deployment, 'deployment')
  const replicaSet = object(k8s.ReplicaSet, 'replica-set', ownerRef(deployment, { controller: true, blockOwnerDeletion: true }))
  const pod = object(k8s.Pod, 'pod', ownerRef(replicaSet, { controller: true, blockOwnerDeletion: true }))
  const free = object(k8s.ConfigMap, 'free')

  it('leaves alone what has owners, and what has none', async () => {
    await start(deployment, replicaSet, pod, free)
    expect(names()).to.deep.equal(['deployment', 'free', 'pod', 'replica-set'])
    expect(api.writes).to.deep.equal([])
  })

  it('deletes dependents down the line once their owner is gone', async () => {
    await start(deployment, replicaSet, pod, free)
    await api.delete(k8s.Deployment, deployment.metadata, { propagation: 'Background' })
    await settle()
    expect(names()).to.deep.equal(['free'])
  })

  it('deletes at its start what lost its owner while nobody looked', async () => {
    await start(replicaSet, pod, free)
    expect(names()).to.deep.equal(['free'])
  })

  it('waits for an owner whose watch event comes after that of its dependent', async () => {
    await start(deployment)
    // The dependent arrives before its owner, whose watch event is on its way.
    const late = object(k8s.ConfigMap, 'late-owner')
    await api.create(k8s.Pod, object(k8s.Pod, 'early', ownerRef(late)) as k8s.Pod)
    await api.create(k8s.ConfigMap, late as k8s.ConfigMap)
    await settle()
    expect(names()).to.deep.equal(['deployment', 'early', 'late-owner'])
  })

  it('deletes what points to an owner of another uid: that one is gone', async () => {
    await start(deployment, object(k8s.Pod, 'of-before', { ...ownerRef(deployment), uid: 'an-older-uid' }))
    expect(names()).to.deep.equal(['deployment'])
  })

  it('keeps an object with one owner left, and drops the other reference', async () => {
    const other = object(k8s.ConfigMap, 'other')
    await start(deployment, other, object(k8s.Pod, 'shared', ownerRef(deployment), ownerRef(other)))
    await api.delete(k8s.Deployment, deployment.metadata)
    await settle()
    expect(names()).to.deep.equal(['other', 'shared'])
    expect(api.all('Pod')[0]!.metadata.ownerReferences!.map(o => o.name)).to.deep.equal(['other'])
  })

  it('deletes in the foreground: the owner stays until all that block it are gone', async () => {
    const held = structuredClone(pod)
    held.metadata.finalizers = ['test/node']
    await start(deployment, replicaSet, held)
    await api.delete(k8s.Deployment, deployment.metadata, { propagation: 'Foreground' })
    await settle()
    expect(names()).to.deep.equal(['deployment', 'pod', 'replica-set'])
    expect(api.all('Pod')[0]!.metadata.deletionTimestamp).to.be.a('string')
    await api.patch(k8s.Pod, pod.metadata, 'merge', { metadata: { finalizers: [] } })
    await settle()
    expect(names()).to.deep.equal([])
  })

  it('frees dependents when the owner is deleted as Orphan', async () => {
    await start(deployment, replicaSet, pod)
    await api.delete(k8s.Deployment, deployment.metadata, { propagation: 'Orphan' })
    await settle()
    expect(names()).to.deep.equal(['pod', 'replica-set'])
    expect(api.all('ReplicaSet')[0]!.metadata.ownerReferences).to.deep.equal([])
  })

  it('follows custom resources that appear later', async () => {
    await start(deployment)
    kinds.push(widget)
    await api.create(crd, {
      ...object(crd, 'widgets.example.dev'),
      status: { conditions: [{ type: 'Established', status: 'True' }] },
    } as unknown as k8s.CustomResourceDefinition)
    await settle()
    await api.create(widget, object(widget, 'widget', ownerRef(deployment)))
    await settle()
    await api.delete(k8s.Deployment, deployment.metadata)
    await settle()
    expect(names()).to.deep.equal([])
  })

  it('leaves dependents of a kind alone that nobody serves now', async () => {
    await start(object(k8s.Pod, 'of-unknown', { apiVersion: 'gone.dev/v1', kind: 'Gone', name: 'x', uid: 'uid-of-x' }))
    expect(names()).to.deep.equal(['of-unknown'])
  })

  it('gets out of a circle of foreground deletions', async () => {
    const a = object(k8s.ConfigMap, 'a')
    const b = object(k8s.ConfigMap, 'b', ownerRef(a, { blockOwnerDeletion: true }))
    a.metadata.ownerReferences = [ownerRef(b, { blockOwnerDeletion: true })]
    await start(a, b)
    await api.delete(k8s.ConfigMap, a.metadata, { propagation: 'Foreground' })
    for (let i = 0; i < 10; i++) await settle()
    expect(names()).to.deep.equal([])
  })
})

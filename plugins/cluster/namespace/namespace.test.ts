import { k8s } from '@slipway/core/api'
import { createInformers } from '@slipway/core/client'
import { silentLog } from '@slipway/core/observe'
import { startControllers } from '@slipway/core/runtime'
import { type FakeApi, fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { discoverableApi } from '../discovery.fixture.ts'
import { defaultObjectsReconciler } from './default-objects.ts'
import { namespaceReconciler } from './namespace.ts'

const namespace = (name: string, deletionTimestamp?: string): k8s.Namespace =>
  ({
    apiVersion: 'v1',
    kind: 'Namespace',
    // In memory nothing but metadata's finalizers hold an object; the server looks at spec.finalizers too.
    metadata: { name, uid: `uid-${name}`, ...(deletionTimestamp && { deletionTimestamp, finalizers: ['spec'] }) },
    spec: { finalizers: ['kubernetes'] },
    status: { phase: deletionTimestamp ? 'Terminating' : 'Active' },
  }) as k8s.Namespace
const inside = (kind: string, apiVersion: string, name: string, finalizers?: string[]) => ({
  apiVersion,
  kind,
  metadata: { name, namespace: 'old', uid: `uid-${name}`, ...(finalizers && { finalizers }) },
})

describe('namespace controller', () => {
  let stop: () => Promise<void>
  let api: FakeApi
  let later: (ms: number) => Promise<void>
  const turns = async () => {
    for (let i = 0; i < 60; i++) await new Promise(resolve => setImmediate(resolve))
  }
  async function start(...objects: Parameters<FakeApi['seed']>) {
    const kinds = [k8s.Pod, k8s.ConfigMap, k8s.Secret, k8s.Namespace, k8s.ServiceAccount]
    api = discoverableApi(kinds, ...objects)
    const stopping = new AbortController()
    const clock = fakeClock()
    const informers = createInformers({ api, log: silentLog, signal: stopping.signal, clock })
    const reconcilers = [namespaceReconciler, defaultObjectsReconciler('PEM')]
    const controllers = startControllers(reconcilers, { api, informers, log: silentLog, clock })
    stop = async () => {
      stopping.abort()
      await controllers.stop()
    }
    later = async ms => {
      await clock.advance(ms)
      await turns()
    }
    await turns()
  }
  afterEach(() => stop())
  const conditions = () =>
    Object.fromEntries(
      ((api.all('Namespace') as k8s.Namespace[])[0]?.status?.conditions ?? []).map(c => [c.type, `${c.status} ${c.message}`]),
    )

  it('gives each namespace a ServiceAccount and the authority, and again when it is deleted', async () => {
    await start(namespace('new'))
    expect(api.all('ServiceAccount').map(o => o.metadata.name)).to.deep.equal(['default'])
    expect((api.all('ConfigMap')[0] as k8s.ConfigMap).data).to.deep.equal({ 'ca.crt': 'PEM' })
    await api.delete(k8s.ServiceAccount, { namespace: 'new', name: 'default' })
    await turns()
    expect(api.all('ServiceAccount')).to.have.length(1)
  })

  it('deletes all kinds of contents, then lets the namespace go; other namespaces stay', async () => {
    await start(
      namespace('old', '2026-01-01T00:00:00Z'),
      inside('Pod', 'v1', 'pod'),
      inside('ConfigMap', 'v1', 'map'),
      inside('Secret', 'v1', 'secret'),
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'stays', namespace: 'other', uid: 'uid-stays' } },
    )
    expect(api.all('Namespace')).to.deep.equal([])
    expect(['Pod', 'ConfigMap', 'Secret'].flatMap(kind => api.all(kind).map(o => o.metadata.name))).to.deep.equal(['stays'])
  })

  it('waits for pods before it deletes what they use, and says what holds it up', async () => {
    await start(
      namespace('old', '2026-01-01T00:00:00Z'),
      inside('Pod', 'v1', 'pod', ['test/node']),
      inside('Secret', 'v1', 'secret'),
    )
    expect(conditions()).to.include({
      NamespaceContentRemaining: 'True Some resources are remaining: pods. has 1 resource instances',
      NamespaceFinalizersRemaining:
        'True Some content in the namespace has finalizers remaining: test/node in 1 resource instances',
    })
    expect(api.all('Secret')).to.have.length(1)
    await api.patch(k8s.Pod, { namespace: 'old', name: 'pod' }, 'merge', { metadata: { finalizers: [] } })
    await later(10_000)
    expect(api.all('Namespace')).to.deep.equal([])
    expect(api.all('Secret')).to.deep.equal([])
  })
})

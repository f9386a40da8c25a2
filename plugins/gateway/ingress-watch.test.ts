import { conditionOf, objectOf } from '@slipway/core/api'
import { Ingress } from '@slipway/core/api/serving'
import { startInformer } from '@slipway/core/client'
import { silentLog } from '@slipway/core/observe'
import { type FakeApi, fakeApi, fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { ingressKind } from './ingress-kind.ts'
import { type IngressWatch, watchIngresses } from './ingress-watch.ts'

const ingress = (name: string, host: string, annotations?: Record<string, string>): Ingress =>
  objectOf(Ingress, {
    metadata: { name, namespace: 'demo', uid: name, generation: 1, ...(annotations && { annotations }) },
    spec: {
      httpOption: 'Enabled',
      rules: [
        {
          hosts: [host],
          visibility: 'ExternalIP',
          http: { paths: [{ splits: [{ serviceNamespace: 'demo', serviceName: 'r', servicePort: 80, percent: 100 }] }] },
        },
      ],
    },
  })

describe('ingress watch', () => {
  const clock = fakeClock()
  let api: FakeApi
  let watch: IngressWatch
  let stop: AbortController
  const settle = async () => {
    for (let i = 0; i < 20; i++) await new Promise(resolve => setImmediate(resolve))
  }
  async function begin(...seeded: Ingress[]) {
    api = fakeApi(...seeded)
    stop = new AbortController()
    const informer = startInformer(ingressKind, { api, log: silentLog, signal: stop.signal, clock })
    watch = watchIngresses({ api, informer, log: silentLog, clock, ingressClass: 'ours', external: 'e:80', internal: 'i:80' })
    await settle()
  }
  afterEach(() => {
    watch.stop()
    stop.abort()
  })
  const ready = (name: string) =>
    conditionOf((api.all('Ingress') as Ingress[]).find(i => i.metadata.name === name)?.status?.conditions, 'Ready')?.status

  it('routes what is there, then says so', async () => {
    await begin(ingress('a', 'a.localhost'))
    expect([...watch.table.external.keys()]).to.deep.equal(['a.localhost'])
    expect(ready('a')).to.equal('True')
  })
  it('writes no status twice', async () => {
    await begin(ingress('a', 'a.localhost'))
    await api.create(ingressKind, ingress('b', 'b.localhost'))
    await settle()
    expect(api.writes.filter(w => w.verb === 'updateStatus').map(w => w.key)).to.deep.equal(['demo/a', 'demo/b'])
  })
  it('leaves Ingresses of another class alone', async () => {
    await begin(ingress('a', 'a.localhost', { 'networking.knative.dev/ingress.class': 'theirs' }))
    expect([watch.table.external.size, ready('a')]).to.deep.equal([0, undefined])
  })
  it('forgets what is deleted', async () => {
    await begin(ingress('a', 'a.localhost'))
    await api.delete(ingressKind, { namespace: 'demo', name: 'a' })
    await settle()
    expect(watch.table.external.size).to.equal(0)
  })
  it('tries a status again that could not be written; the routes are live meanwhile', async () => {
    api = fakeApi()
    await begin()
    api.failNext('updateStatus', 'Ingress', new Error('no connection'))
    await api.create(ingressKind, ingress('a', 'a.localhost'))
    await settle()
    expect([watch.table.external.size, ready('a')]).to.deep.equal([1, undefined])
    await clock.advance(500)
    await settle()
    expect(ready('a')).to.equal('True')
  })
})

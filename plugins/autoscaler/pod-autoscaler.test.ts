/** The reconciler on an API server in memory: what it writes, and in what order. */
import { conditionOf, k8s, objectOf } from '@slipway/core/api'
import { PodAutoscaler, type ServerlessService } from '@slipway/core/api/serving'
import { createInformers, type Informers } from '@slipway/core/client'
import type { Stat } from '@slipway/core/http'
import { silentLog } from '@slipway/core/observe'
import { type Controllers, type Reconciler, readerOf, startControllers } from '@slipway/core/runtime'
import { type FakeApi, type FakeClock, fakeApi, fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { Deciders } from './deciders.ts'
import { podAutoscalerReconciler, revisionNow } from './pod-autoscaler.ts'
import { serverlessServiceReconciler } from './serverless-service.ts'
import { autoscalerWith, defaultConfig } from './testing/config.ts'

const key = 'demo/hello-00001'
const labelled = { 'serving.knative.dev/revision': 'hello-00001' }

describe('pod autoscaler', () => {
  let api: FakeApi
  let clock: FakeClock
  let deciders: Deciders
  let controllers: Controllers
  let informers: Informers
  const stopping: AbortController[] = []

  async function begin(replicas: number, status?: PodAutoscaler['status']) {
    clock = fakeClock()
    const autoscaler = autoscalerWith()
    Object.assign(autoscaler.metadata, { labels: labelled })
    api = fakeApi(
      { ...autoscaler, ...(status && { status }) },
      objectOf(k8s.Deployment, {
        metadata: { name: 'hello-00001-deployment', namespace: 'demo', labels: labelled },
        spec: { replicas },
      } as never),
    )
    const stop = new AbortController()
    stopping.push(stop)
    informers = createInformers({ api, log: silentLog, signal: stop.signal, clock })
    const read = readerOf(informers)
    deciders = new Deciders({
      clock,
      revision: () => {
        const found = read.get(PodAutoscaler, 'demo', 'hello-00001')
        return found && revisionNow(found, read, defaultConfig())
      },
      changed: changed => controllers.enqueue('autoscaler', changed),
    })
    const reconcilers = [podAutoscalerReconciler(deciders, defaultConfig()), serverlessServiceReconciler] as Reconciler[]
    controllers = startControllers(reconcilers, { api, informers, log: silentLog, clock })
    await settle()
  }
  const settle = async () => {
    for (let i = 0; i < 20; i++) {
      await new Promise(resolve => setImmediate(resolve))
      await clock.advance(1)
    }
  }
  afterEach(async () => {
    deciders.stop()
    for (const stop of stopping.splice(0)) stop.abort()
    await controllers.stop()
  })

  const stat = (averageConcurrency: number, rest: Partial<Stat> = {}): Stat => ({
    revision: key,
    reporter: 'p',
    time: clock.now(),
    averageConcurrency,
    requestCount: 1,
    errorCount: 0,
    averageProxiedConcurrency: 0,
    proxiedRequestCount: 0,
    ...rest,
  })
  const replicas = () => (api.all('Deployment')[0] as k8s.Deployment).spec.replicas
  const active = () => conditionOf((api.all('PodAutoscaler')[0] as PodAutoscaler).status?.conditions, 'Active')
  const mode = () => (api.all('ServerlessService')[0] as ServerlessService).spec.mode
  const podReady = () =>
    api.create(
      k8s.Pod,
      objectOf(k8s.Pod, {
        metadata: { name: 'p1', namespace: 'demo', labels: labelled },
        spec: { containers: [] },
        status: { conditions: [{ type: 'Ready', status: 'True' }] },
      } as never),
    )

  it('makes the ServerlessService and its two Services, and waits for the first pod', async () => {
    await begin(1)
    expect([active()?.status, active()?.reason, mode()]).to.deep.equal(['Unknown', 'Queued', 'Proxy'])
    const services = api.all('Service') as k8s.CoreService[]
    expect(services.map(s => s.metadata.name).sort()).to.deep.equal(['hello-00001', 'hello-00001-private'])
    expect(services[0]?.spec?.selector).to.deep.equal(labelled)
    await podReady()
    await settle()
    expect(active()?.status).to.equal('True')
  })
  it('tells the Deployment before anything else when a request waits at zero', async () => {
    await begin(0, {
      conditions: [
        { type: 'Active', status: 'False', reason: 'NoTraffic', lastTransitionTime: '2026-01-01T00:00:00Z' },
        { type: 'ScaleTargetInitialized', status: 'True' },
      ],
    })
    expect(replicas()).to.equal(0)
    const before = api.writes.length
    deciders.take([stat(1, { poke: true })])
    await settle()
    expect(api.writes[before]).to.include({ verb: 'patch', kind: 'Deployment' })
    expect([replicas(), active()?.reason]).to.deep.equal([1, 'Queued'])
  })
  it('goes to zero in order: inactive, proxied, then no pod', async () => {
    await begin(1)
    await podReady()
    await settle()
    for (let second = 0; second < 130 && replicas(); second++) {
      if (second % 10 === 0) deciders.take([])
      await clock.advance(1000)
      await settle()
      if (active()?.status === 'True') expect(replicas()).to.equal(1)
    }
    expect([replicas(), active()?.reason, mode()]).to.deep.equal([0, 'NoTraffic', 'Proxy'])
    expect(deciders.ticking).to.equal(true)
    await clock.advance(4000)
    await settle()
    expect(deciders.ticking).to.equal(false)
  })
})

import { k8s, StatusError } from '@slipway/core/api'
import { fakeApi } from '@slipway/core/testing'
import { expect } from 'chai'
import fc from 'fast-check'
import { removeFinalizer } from '../finalizers.ts'
import { recentUids } from '../recent-uids.ts'
import { selects } from '../selector.ts'
import { claims } from './claim.ts'
import { deletionOrder } from './deletion-order.ts'
import { randomSuffix, suffixed, suffixOf } from './name-suffix.ts'
import { availableInMs, finishedAt } from './pod-state.ts'
import { slowStart } from './slow-start.ts'

const now = Date.parse('2026-01-01T01:00:00Z')
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString()

interface Shape {
  node?: string
  phase?: string
  ready?: number
  cost?: string
  restarts?: number
  age?: number
}
const pod = (name: string, { node = 'n', phase = 'Running', ready, cost, restarts = 0, age = 600 }: Shape = {}) =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      uid: name,
      creationTimestamp: ago(age),
      ...(cost && { annotations: { 'controller.kubernetes.io/pod-deletion-cost': cost } }),
    },
    spec: { ...(node && { nodeName: node }), containers: [] },
    status: {
      phase,
      conditions: [{ type: 'Ready', status: ready === undefined ? 'False' : 'True', lastTransitionTime: ago(ready ?? 0) }],
      containerStatuses: [{ restartCount: restarts }],
    },
  }) as unknown as k8s.Pod

describe('deletion order', () => {
  const cases = [
    { name: 'unassigned before assigned', first: { node: '' }, second: {} },
    { name: 'pending before running', first: { phase: 'Pending' }, second: {} },
    { name: 'unready before ready', first: {}, second: { ready: 60 } },
    { name: 'cheaper before dearer', first: { ready: 60, cost: '-5' }, second: { ready: 60 } },
    { name: 'ready for a shorter time first', first: { ready: 10 }, second: { ready: 3000 } },
    { name: 'restarted more often first', first: { restarts: 3 }, second: { restarts: 1 } },
    { name: 'younger before older', first: { age: 20 }, second: { age: 30_000 } },
    { name: 'a cost that is no number counts nothing', first: { age: 20, cost: 'much' }, second: { age: 30_000 } },
  ]
  for (const { name, first, second } of cases)
    it(name, () => {
      const order = deletionOrder([pod('second', second), pod('first', first)], now)
      expect(order.map(p => p.metadata.name)).to.deep.equal(['first', 'second'])
    })
  it('pods of crowded nodes first', () => {
    const order = deletionOrder([pod('alone', { node: 'a', ready: 60 }), pod('crowded', { node: 'b', ready: 60 })], now, node =>
      node === 'b' ? 5 : 1,
    )
    expect(order[0]!.metadata.name).to.equal('crowded')
  })
})

describe('pod state', () => {
  it('is available once it was ready for long enough', () => {
    expect(availableInMs(pod('a', { ready: 10 }), 0, now)).to.equal(0)
    expect(availableInMs(pod('a', { ready: 10 }), 30, now)).to.equal(20_000)
    expect(availableInMs(pod('a'), 30, now)).to.equal(Number.POSITIVE_INFINITY)
  })
  it('finished when its last container ended, or when it stopped being ready, or when it was deleted', () => {
    const ended = pod('a')
    const terminated = (time: number) => ({
      name: 'c',
      restartCount: 0,
      state: { terminated: { exitCode: 0, finishedAt: ago(time) } },
    })
    ended.status!.containerStatuses = [terminated(30), terminated(20)] as never
    expect(finishedAt(ended)).to.equal(now - 20_000)
    const unready = pod('b')
    unready.status!.containerStatuses = []
    expect(finishedAt(unready)).to.equal(now)
    const deleted = pod('c')
    deleted.status = { phase: 'Pending' }
    Object.assign(deleted.metadata, { deletionTimestamp: ago(0), deletionGracePeriodSeconds: 30 })
    expect(finishedAt(deleted)).to.equal(now - 30_000)
  })
})

describe('names', () => {
  it('are cut, never their suffix, and stay in the alphabet', () => {
    expect(suffixed('x'.repeat(100), 'abcde')).to.match(/^x{57}-abcde$/)
    expect(suffixOf('a', 10))
      .to.equal(suffixOf('a', 10))
      .and.to.match(/^[bcdfghjklmnpqrstvwxz2456789]{10}$/)
    expect(suffixOf('a')).to.not.equal(suffixOf('b'))
    expect(randomSuffix(8)).to.match(/^[bcdfghjklmnpqrstvwxz2456789]{8}$/)
  })
})

describe('slow start', () => {
  it('tries one, then two, then four, and stops after a batch with a failure', () =>
    fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 50 }), async (count, failing) => {
        let calls = 0
        const { succeeded, error } = await slowStart(
          Array.from({ length: count }, (_, i) => i),
          async i => {
            calls++
            if (i === failing) throw new Error('quota')
          },
        )
        if (failing >= count) expect([succeeded, error, calls]).to.deep.equal([count, undefined, count])
        else {
          expect(succeeded).to.equal(calls - 1)
          expect(calls).to.be.at.most(2 * failing + 1)
        }
      }),
    ))
})

describe('claims', () => {
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'rs', uid: 'rs-1' } }
  const of = (uid?: string, labels: Record<string, string> = { app: 'a' }, over = {}) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: 'p',
      labels,
      ...(uid && { ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid, controller: true }] }),
      ...over,
    },
  })
  const leaving = { deletionTimestamp: ago(0) }
  const cases = [
    { name: 'its own that matches', object: of('rs-1'), want: 'own' },
    { name: 'its own that matches no longer', object: of('rs-1', { app: 'b' }), want: 'release' },
    { name: 'an orphan that matches', object: of(), want: 'adopt' },
    { name: 'an orphan that does not', object: of(undefined, { app: 'b' }), want: undefined },
    { name: 'an orphan that is leaving', object: of(undefined, { app: 'a' }, leaving), want: undefined },
    { name: "another's", object: of('rs-2'), want: undefined },
  ]
  for (const { name, object, want } of cases)
    it(`${name}: ${want ?? 'nothing'}`, () => {
      const found = claims(owner, { matchLabels: { app: 'a' } }, [object])
      const where = Object.entries(found).find(([, list]) => list.length)?.[0]
      expect(where).to.equal(want)
    })
  it('an owner that is leaving adopts nothing and releases nothing', () => {
    const gone = { ...owner, metadata: { ...owner.metadata, ...leaving } }
    const found = claims(gone, { matchLabels: { app: 'a' } }, [of(), of('rs-1', { app: 'b' })])
    expect([found.own.length, found.adopt.length, found.release.length]).to.deep.equal([1, 0, 0])
  })
})

describe('selectors', () => {
  const labels = { app: 'web', tier: 'front' }
  const cases = [
    { selector: undefined, want: false },
    { selector: {}, want: true },
    { selector: { matchLabels: { app: 'web' } }, want: true },
    { selector: { matchExpressions: [{ key: 'tier', operator: 'In', values: ['back', 'front'] }] }, want: true },
    { selector: { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] }, want: false },
    { selector: { matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['a'] }] }, want: true },
    { selector: { matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, want: false },
    { selector: { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, want: true },
    { selector: { matchExpressions: [{ key: 'app', operator: 'Near' }] }, want: false },
  ]
  for (const { selector, want } of cases)
    it(`${JSON.stringify(selector)} ${want ? 'selects' : 'does not select'}`, () =>
      expect(selects(selector, labels)).to.equal(want))
})

describe('finalizers', () => {
  const held = { ...pod('p'), metadata: { name: 'p', namespace: 'demo', uid: 'p', finalizers: ['a', 'b'] } } as k8s.Pod
  it('are removed one by one, without undoing what another writer did meanwhile', async () => {
    const api = fakeApi(held)
    const seen = await api.get(k8s.Pod, held.metadata)
    await api.patch(k8s.Pod, held.metadata, 'merge', { metadata: { finalizers: ['a', 'b', 'c'] } })
    await removeFinalizer(api, k8s.Pod, { ...seen, metadata: { ...seen.metadata } }, 'a')
    const [after] = api.all('Pod')
    expect(after!.metadata.finalizers).to.include.members(['b'])
    expect(after!.metadata.finalizers).to.not.include('a')
  })
  it('of an object that is gone need no removal; other errors are told', async () => {
    const api = fakeApi()
    await removeFinalizer(api, k8s.Pod, held, 'a')
    api.failNext('patch', 'Pod', new StatusError(500, 'InternalError', 'disk'))
    const failed = await removeFinalizer(api, k8s.Pod, held, 'a').catch(error => error)
    expect(failed).to.include({ reason: 'InternalError' })
  })
})

describe('recent uids', () => {
  it('are forgotten after their time', () => {
    const recent = recentUids(1000)
    recent.add(pod('a'), 0)
    recent.add(pod('b'), 900)
    expect([recent.has(pod('a')), recent.has(pod('b'))]).to.deep.equal([true, true])
    recent.add(pod('c'), 1500)
    expect([recent.has(pod('a')), recent.has(pod('b')), recent.size]).to.deep.equal([false, true, 2])
  })
})

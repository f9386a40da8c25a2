/** The activator without sockets: pods come and go by hand, probes hit a real port or none. */
import { createServer, type Server } from 'node:net'
import { connectFailed, type Exchange, Meters, upstreamReset } from '@slipway/core/http'
import { type Recorded, recordedExchange } from '@slipway/core/http/testing'
import type { PodTarget } from '@slipway/core/plugin'
import { type FakeClock, fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { activate } from './activate.ts'
import { defaultSettings, type RevisionSettings } from './revision-settings.ts'
import { RevisionTable } from './revision-table.ts'
import { noInformer, podOf, revisionOf, type TestInformer } from './testing/informer.ts'

const key = 'demo/hello-00001'
const target = { namespace: 'demo', name: 'hello-00001', key }
const body = Buffer.from('ok')

interface World {
  clock: FakeClock
  table: RevisionTable
  pods: TestInformer<ReturnType<typeof podOf>>
  revisions: TestInformer<ReturnType<typeof revisionOf>>
  sent: { exchange: Exchange; target: PodTarget }[]
  poked: string[]
  meters: Meters
  ask(head?: Parameters<typeof recordedExchange>[0]): Recorded
}

function world(
  settings: Partial<RevisionSettings> & { timeoutSeconds?: number } = {},
  limits = { maxHeld: 100, maxHeldPerRevision: 50 },
): World {
  const clock = fakeClock()
  const pods = noInformer<ReturnType<typeof podOf>>()
  const revisions = noInformer<ReturnType<typeof revisionOf>>()
  const sent: World['sent'] = []
  const poked: string[] = []
  const meters = new Meters(clock.now)
  const table = new RevisionTable({
    revisions,
    pods,
    retire: () => {},
    clock,
    timing: { firstMs: 10, longestMs: 25, timeoutMs: 500 },
  })
  revisions.add(revisionOf({ ...defaultSettings, ...settings }, settings.timeoutSeconds))
  const hop = activate({
    table,
    next: (exchange, to) => void sent.push({ exchange, target: to }),
    meters,
    now: clock.now,
    clock,
    poke: revision => void poked.push(revision),
    ...limits,
  })
  return {
    clock,
    table,
    pods,
    revisions,
    sent,
    poked,
    meters,
    ask(head) {
      const recorded = recordedExchange(head)
      hop(recorded.exchange, target)
      return recorded
    },
  }
}
const addresses = ({ sent }: World) => sent.map(({ target: { endpoint } }) => endpoint.host)

describe('activator', () => {
  it('sends straight on where a pod is ready', () => {
    const w = world()
    w.pods.add(podOf('a', '10.0.0.1', true))
    w.ask()
    expect([addresses(w), w.poked]).to.deep.equal([['10.0.0.1'], []])
  })
  it('takes the least busy pod, and goes round among equals', () => {
    const w = world()
    for (const n of [1, 2, 3]) w.pods.add(podOf(`p${n}`, `10.0.0.${n}`, true))
    for (let i = 0; i < 6; i++) w.ask()
    expect(addresses(w).sort()).to.deep.equal([1, 1, 2, 2, 3, 3].map(n => `10.0.0.${n}`))
    w.sent[1]!.exchange.respond(200, '', [], body)
    const free = addresses(w)[1]
    w.ask()
    expect(w.sent.at(-1)!.target.endpoint.host).to.equal(free)
  })
  it('gives a pod no more than its concurrency, the rest wait in order', () => {
    const w = world({ containerConcurrency: 1 })
    w.pods.add(podOf('a', '10.0.0.1', true))
    const asked = [w.ask(), w.ask(), w.ask()]
    expect(w.sent).to.have.length(1)
    w.sent[0]!.exchange.respond(200, '', [], body)
    expect(w.sent.map(s => s.exchange)).to.deep.equal([asked[0]!.exchange, asked[1]!.exchange])
  })
  it('holds requests while there is no pod, pokes, and sends them all once one is ready', () => {
    const w = world()
    const held = [w.ask(), w.ask()]
    expect([w.sent.length, w.poked[0], held[0]!.status]).to.deep.equal([0, key, 0])
    w.pods.add(podOf('a', '', false))
    w.pods.add(podOf('a', '10.0.0.1', true))
    expect(addresses(w)).to.deep.equal(['10.0.0.1', '10.0.0.1'])
  })
  it('refuses beyond what it may hold', () => {
    const w = world({}, { maxHeld: 100, maxHeldPerRevision: 2 })
    w.ask()
    w.ask()
    const third = w.ask()
    expect([third.status, third.headers.includes('retry-after'), third.headers.includes('TooManyHeld')]).to.deep.equal([
      503,
      true,
      true,
    ])
  })
  it('answers 504 when no pod comes within the timeout, and says what it waited for', async () => {
    const w = world(
      { timeouts: { totalSeconds: 10, responseStartSeconds: 0, idleSeconds: 0 } },
      { maxHeld: 9, maxHeldPerRevision: 9 },
    )
    const held = w.ask()
    await w.clock.advance(10_000)
    expect(held.status).to.equal(504)
    expect(held.body).to.match(/waited 10 s for demo\/hello-00001; it has no pod/)
  })
  it('forgets a client that leaves while it waits', () => {
    const w = world()
    w.ask().exchange.clientGone()
    w.pods.add(podOf('a', '10.0.0.1', true))
    expect(w.sent).to.have.length(0)
    expect(w.table.of(key).held).to.equal(0)
  })
  it('tries another pod where one refuses the connection', () => {
    const w = world()
    w.pods.add(podOf('a', '10.0.0.1', true))
    w.pods.add(podOf('b', '10.0.0.2', true))
    const asked = w.ask()
    w.sent[0]!.exchange.fail(connectFailed('x', 'ECONNREFUSED'))
    expect(new Set(addresses(w)).size).to.equal(2)
    w.sent[1]!.exchange.respond(200, '', [], body)
    expect([asked.status, asked.body]).to.deep.equal([200, 'ok'])
    expect([...w.table.of(key).pods.values()].map(p => p.active)).to.deep.equal([0, 0])
  })
  it('repeats a GET that was cut off, not a POST', () => {
    for (const [method, tries] of [
      ['GET', 2],
      ['POST', 1],
    ] as const) {
      const w = world()
      w.pods.add(podOf('a', '10.0.0.1', true))
      w.pods.add(podOf('b', '10.0.0.2', true))
      w.ask({ method })
      w.sent[0]!.exchange.fail(upstreamReset('x', 'ECONNRESET'))
      expect(w.sent, method).to.have.length(tries)
    }
  })
  it('sends nothing to a pod that is being deleted or is no longer ready', () => {
    const w = world()
    w.pods.add(podOf('a', '10.0.0.1', true))
    w.pods.update(podOf('a', '10.0.0.1', false))
    w.ask()
    expect(w.sent).to.have.length(0)
    w.pods.update(podOf('a', '10.0.0.1', true))
    expect(w.sent).to.have.length(1)
    w.pods.update({ ...podOf('a', '10.0.0.1', true), metadata: { ...podOf('a', '', true).metadata, deletionTimestamp: 'x' } })
    w.ask()
    expect(w.sent).to.have.length(1)
  })
  it('counts what waits and what runs', async () => {
    const w = world()
    w.ask()
    await w.clock.advance(1000)
    expect(w.meters.take('p', 0)).to.deep.include({
      revision: key,
      reporter: 'p',
      time: 0,
      averageConcurrency: 1,
      requestCount: 1,
      errorCount: 0,
      averageProxiedConcurrency: 0,
      proxiedRequestCount: 0,
    })
  })

  describe('with a real port', () => {
    let server: Server
    let port: number
    beforeEach(async () => {
      server = createServer(socket => socket.on('error', () => {}).end())
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      port = (server.address() as { port: number }).port
    })
    afterEach(() => server.close())
    /** Lets sockets come to their events; fake time stands still. */
    const until = async (check: () => boolean, turns = 2000) => {
      for (let i = 0; i < turns && !check(); i++) await new Promise(resolve => setImmediate(resolve))
    }

    it('does not wait for the kubelet: a probe that passes is enough', async () => {
      const w = world({ port, probe: { how: 'tcp', port } })
      w.ask()
      w.pods.add(podOf('a', '127.0.0.1', false))
      await until(() => w.sent.length > 0)
      expect(addresses(w)).to.deep.equal(['127.0.0.1'])
      w.table.stop()
    })
    it('probes again until the pod listens', async () => {
      await new Promise(resolve => server.close(resolve))
      const w = world({ port, probe: { how: 'tcp', port } })
      w.ask()
      w.pods.add(podOf('a', '127.0.0.1', false))
      await until(() => false, 200)
      expect(w.sent).to.have.length(0)
      await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
      for (let i = 0; i < 20 && !w.sent.length; i++) {
        await w.clock.advance(25)
        await until(() => w.sent.length > 0, 200)
      }
      expect(w.sent).to.have.length(1)
      w.table.stop()
    })
  })
})

import type { Stat } from '@slipway/core/http'
import { fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { Deciders } from './deciders.ts'
import { scalingWith } from './testing/config.ts'

const key = 'demo/hello-00001'
function setUp(pods = 0) {
  const clock = fakeClock()
  const state = { pods, readyPods: pods, changes: 0 }
  const deciders: Deciders = new Deciders({
    clock,
    revision: asked => (asked === key ? { config: scalingWith(), readyPods: state.readyPods, pods: state.pods } : undefined),
    changed: () => state.changes++,
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
  /** A load for so many seconds, followed by the pods that were decided. */
  const run = async (seconds: number, load: number) => {
    for (let i = 0; i < seconds; i++) {
      deciders.take(load > 0 ? [stat(load)] : [])
      await clock.advance(1000)
      state.pods = state.readyPods = deciders.of(key).wanted ?? state.pods
    }
  }
  return { clock, state, deciders, stat, run }
}

describe('deciders', () => {
  it('decide at once when a request waits for a revision at zero', () => {
    const { deciders, state, stat } = setUp()
    deciders.take([stat(1, { poke: true })])
    expect([deciders.of(key).wanted, state.changes]).to.deep.equal([1, 1])
  })
  it('see how many wait at once', () => {
    const { deciders, stat } = setUp()
    deciders.take([stat(500, { poke: true })])
    expect(deciders.of(key).wanted).to.equal(8)
  })
  it('say nothing before they have listened for a whole window: a restart keeps what is', async () => {
    const { deciders, run } = setUp(3)
    await run(59, 0)
    expect(deciders.of(key).wanted).to.equal(undefined)
    await run(2, 0)
    expect(deciders.of(key).wanted).to.be.at.most(1)
  })
  it('say nothing while nobody reports', async () => {
    const { clock, deciders } = setUp(3)
    await clock.advance(600_000)
    expect(deciders.of(key).wanted).to.equal(undefined)
  })
  it('follow a load up and down, and come to rest at zero', async () => {
    const { deciders, run, state } = setUp()
    await run(120, 700)
    expect(state.pods).to.equal(10)
    expect(deciders.ticking).to.equal(true)
    await run(150, 0)
    expect(state.pods).to.equal(0)
    expect(deciders.ticking).to.equal(false)
  })
  it('panic at a burst, and do not go down before it is over', async () => {
    const { run, state } = setUp(1)
    await run(90, 50)
    expect(state.pods).to.equal(1)
    await run(8, 2000)
    const most = state.pods
    expect(most).to.be.at.least(20)
    await run(20, 50)
    expect(state.pods).to.be.at.least(most)
    await run(150, 50)
    expect(state.pods).to.equal(1)
  })
  it('ignore reports about revisions that are not there', () => {
    const { deciders, stat } = setUp()
    deciders.take([stat(5, { revision: 'demo/other' })])
    expect(deciders.ticking).to.equal(false)
  })
})

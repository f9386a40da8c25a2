import type { Condition } from '@slipway/core/api'
import type { Rollout, RolloutStatus } from '@slipway/core/api/delivery'
import type { Revision, Service, TrafficTarget } from '@slipway/core/api/serving'
import type { RevisionFigures } from '@slipway/core/plugin'
import { expect } from 'chai'
import fc from 'fast-check'
import { desiredRollout } from './rollout.desired.ts'
import { rivalOf } from './rollout.ts'

const start = Date.parse('2026-01-01T00:00:00Z')

/** A small world: a Service that obeys, revisions with a readiness, a Rollout, and time. */
class World {
  now = start
  ready: Record<string, Condition['status'] | undefined> = {}
  figures: RevisionFigures | undefined
  events: string[] = []
  requests = 0
  /** The routes lag behind until this is true. */
  obeys = true
  rollout: Rollout
  service: Service
  constructor(
    spec: Partial<Rollout['spec']> = {},
    target = 'a',
    traffic: TrafficTarget[] = [{ revisionName: target, percent: 100 }],
  ) {
    this.rollout = {
      apiVersion: 'slipway.dev/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'hello', namespace: 'demo', generation: 1 },
      spec: {
        serviceRef: { name: 'hello' },
        steps: [{ setWeight: 20 }, { pause: { duration: '60s' } }],
        progressDeadline: '10m',
        paused: false,
        ...spec,
      },
    }
    this.service = {
      apiVersion: 'serving.knative.dev/v1',
      kind: 'Service',
      metadata: { name: 'hello', namespace: 'demo', generation: 1 },
      spec: { template: { metadata: { name: target }, spec: { containers: [] } }, traffic },
    }
  }
  push(revision: string, canary?: number): this {
    this.service.spec.template.metadata = { name: revision }
    this.service.metadata.annotations = canary === undefined ? {} : { 'slipway.dev/canary': `${revision}=${canary}` }
    return this
  }
  is(revision: string, status: Condition['status'] | undefined): this {
    this.ready[revision] = status
    return this
  }
  after(ms: number): this {
    this.now += ms
    return this.look()
  }
  ask(action: NonNullable<Rollout['spec']['request']>['action'], more = {}): this {
    this.rollout.spec.request = { id: String(++this.requests), action, ...more }
    return this.look()
  }
  /** Reconciles until nothing changes, as the runtime would. */
  look(): this {
    for (let i = 0; i < 20; i++) {
      const before = JSON.stringify([this.rollout.status, this.service.spec.traffic])
      const name = this.service.spec.template.metadata!.name!
      const status = this.ready[name]
      const candidate =
        status === undefined
          ? undefined
          : ({
              metadata: { name },
              status: { conditions: [{ type: 'Ready', status, reason: 'ExitCode1', message: 'it said: boom' }] },
            } as unknown as Revision)
      const figures = this.figures
      if (this.obeys)
        this.service.status = {
          observedGeneration: 1,
          conditions: [{ type: 'RoutesReady', status: 'True' }],
          traffic: this.service.spec.traffic!,
        } as never
      const decision = desiredRollout(
        { rollout: this.rollout, service: this.service, candidate, figures: figures && (() => figures) },
        this.now,
      )
      if (decision.traffic) this.service.spec.traffic = decision.traffic
      if (decision.event) this.events.push(decision.event.reason)
      this.rollout.status = decision.status
      if (JSON.stringify([this.rollout.status, this.service.spec.traffic]) === before) break
    }
    return this
  }
  get status(): RolloutStatus {
    return this.rollout.status!
  }
  get shares(): Record<string, number> {
    return Object.fromEntries(this.service.spec.traffic!.filter(t => t.percent).map(t => [t.revisionName, t.percent!]))
  }
  get happy(): string | undefined {
    return this.status.conditions?.find(c => c.type === 'Ready')?.status
  }
}
/** `a` is stable; `b` was just pushed and is Ready. */
const underway = (spec: Partial<Rollout['spec']> = {}) => new World(spec).is('a', 'True').look().push('b').is('b', 'True').look()

describe('rollout', () => {
  it('the first release has all requests, and is stable once it is Ready', () => {
    const world = new World().look()
    expect(world.shares).to.deep.equal({ a: 100 })
    expect(world.status).to.include({ phase: 'Progressing', candidateRevision: 'a' })
    world.is('a', 'True').look()
    expect(world.status).to.include({ phase: 'Healthy', stableRevision: 'a' })
    expect(world.happy).to.equal('True')
  })
  it('a first release that fails is replaced by the next push as a whole, not by steps', () => {
    const world = new World().is('a', 'False').look()
    expect(world.status.phase).to.equal('Degraded')
    world.push('b').look()
    expect(world.shares).to.deep.equal({ b: 100 })
    expect(world.is('b', 'True').look().status).to.include({ phase: 'Healthy', stableRevision: 'b' })
  })
  it('a candidate gets nothing until it is Ready, then its first weight, then everything', () => {
    const world = new World().is('a', 'True').look().push('b').look()
    expect(world.shares).to.deep.equal({ a: 100 })
    expect(world.status.message).to.equal('waiting for b to be Ready')
    world.is('b', 'Unknown').look()
    expect(world.shares).to.deep.equal({ a: 100 })
    world.is('b', 'True').look()
    expect(world.shares).to.deep.equal({ a: 80, b: 20 })
    expect(world.status).to.include({
      phase: 'Progressing',
      step: '2/2',
      weight: 20,
      stableRevision: 'a',
      candidateRevision: 'b',
    })
    expect(world.after(59_000).shares).to.deep.equal({ a: 80, b: 20 })
    expect(world.after(1000).shares).to.deep.equal({ b: 100 })
    expect(world.status).to.include({ phase: 'Healthy', stableRevision: 'b' })
    expect(world.status).to.not.have.property('candidateRevision')
    expect(world.status.history!.map(h => [h.revision, h.outcome])).to.deep.equal([
      ['b', 'Promoted'],
      ['a', 'Promoted'],
    ])
  })
  it('the time of a pause begins when its weight is in effect', () => {
    const world = new World().is('a', 'True').look()
    world.obeys = false
    world.push('b').is('b', 'True').look().after(120_000)
    expect(world.status).to.include({ step: '1/2', weight: 20 })
    world.obeys = true
    expect(world.look().status.step).to.equal('2/2')
    expect(world.after(59_000).shares).to.deep.equal({ a: 80, b: 20 })
  })
  it('takes several steps', () => {
    const steps = [10, 50].flatMap(setWeight => [{ setWeight }, { pause: { duration: '10s' } }])
    const world = underway({ steps })
    const seen = [world.shares.b, world.after(10_000).shares.b, world.after(10_000).shares.b]
    expect(seen).to.deep.equal([10, 50, 100])
  })
  it('a push may ask for the first weight', () => {
    const world = new World().is('a', 'True').look().push('b', 7).is('b', 'True').look()
    expect(world.shares).to.deep.equal({ a: 93, b: 7 })
  })
  it('a candidate that fails is rolled back with its reason, and not tried again', () => {
    const world = underway().is('b', 'False').look()
    expect(world.shares).to.deep.equal({ a: 100 })
    expect(world.status).to.include({ phase: 'Degraded', rejectedRevision: 'b', stableRevision: 'a' })
    expect(world.status.message).to.contain('it said: boom')
    expect(world.happy).to.equal('False')
    world.is('b', 'True').after(3_600_000)
    expect(world.shares).to.deep.equal({ a: 100 })
    expect(world.status.phase).to.equal('Degraded')
    expect(world.events.filter(e => e === 'RolledBack')).to.have.length(1)
  })
  it('a retry request tries a rolled-back candidate again', () => {
    const world = underway().is('b', 'False').look().is('b', 'True').ask('retry')
    expect(world.shares).to.deep.equal({ a: 80, b: 20 })
    expect(world.after(60_000).status).to.include({ phase: 'Healthy', stableRevision: 'b' })
    expect(world.status).to.not.have.property('rejectedRevision')
  })
  it('the next push after a rolled-back one starts anew', () => {
    const world = underway().is('b', 'False').look().push('c').is('c', 'True').look()
    expect(world.shares).to.deep.equal({ a: 80, c: 20 })
  })
  it('a candidate that is never Ready is rolled back at the deadline', () => {
    const world = new World().is('a', 'True').look().push('b').is('b', 'Unknown').look()
    expect(world.after(599_000).status.phase).to.equal('Progressing')
    world.after(1000)
    expect(world.status).to.include({ phase: 'Degraded', rejectedRevision: 'b' })
    expect(world.status.history![0]).to.include({ outcome: 'RolledBack', reason: 'ProgressDeadlineExceeded' })
  })
  it('a newer push replaces the candidate; the steps begin again, the stable one stays', () => {
    const world = underway().after(30_000).push('c').look()
    expect(world.shares).to.deep.equal({ a: 100 })
    world.is('c', 'True').look()
    expect(world.shares).to.deep.equal({ a: 80, c: 20 })
    expect(world.status.history![0]).to.include({ revision: 'b', outcome: 'Replaced' })
    expect(world.after(59_000).shares).to.deep.equal({ a: 80, c: 20 })
  })
  it('a push back to the stable revision ends the canary', () => {
    const world = underway().push('a').look()
    expect(world.shares).to.deep.equal({ a: 100 })
    expect(world.status).to.include({ phase: 'Healthy', stableRevision: 'a' })
  })
  it('errors beyond the guard roll back, at once; too few requests decide nothing', () => {
    const world = underway()
    world.figures = { requests: 19, errors: 19 }
    expect(world.after(1000).shares).to.deep.equal({ a: 80, b: 20 })
    world.figures = { requests: 100, errors: 5 }
    expect(world.after(1000).shares).to.deep.equal({ a: 80, b: 20 })
    world.figures = { requests: 100, errors: 6 }
    expect(world.after(1000).shares).to.deep.equal({ a: 100 })
    expect(world.status.message).to.contain('6.0 % of 100 requests')
  })
  it('a guard that is switched off watches nothing', () => {
    const guard = { enabled: false, maxErrorPercent: 5, minRequests: 20, window: '30s' }
    const world = underway({ guard })
    world.figures = { requests: 100, errors: 100 }
    expect(world.after(1000).shares).to.deep.equal({ a: 80, b: 20 })
  })
  describe('analysis', () => {
    const analysis = { maxErrorPercent: 1, minRequests: 50, window: '30s', duration: '20s' }
    const steps = [{ setWeight: 30 }, { analysis }]
    it('goes on when the figures held for its duration', () => {
      const world = underway({ steps })
      world.figures = { requests: 50, errors: 0 }
      expect(world.after(19_000).shares).to.deep.equal({ a: 70, b: 30 })
      expect(world.after(1000).shares).to.deep.equal({ b: 100 })
    })
    it('rolls back on its own threshold', () => {
      const world = underway({ steps })
      world.figures = { requests: 100, errors: 2 }
      expect(world.after(1000).status.history![0]).to.include({ outcome: 'RolledBack', reason: 'AnalysisFailed' })
    })
    it('without figures it waits, then fails safe', () => {
      const world = underway({ steps })
      expect(world.after(300_000).shares).to.deep.equal({ a: 70, b: 30 })
      expect(world.status.message).to.contain('waiting for 50 requests')
      expect(world.after(300_000).status.history![0]).to.include({ outcome: 'RolledBack', reason: 'NoFigures' })
    })
    it('figures that are not numbers count as none', () => {
      const world = underway({ steps })
      world.figures = { requests: Number.NaN, errors: Number.NaN }
      expect(world.after(60_000).shares).to.deep.equal({ a: 70, b: 30 })
    })
  })
  it('a pause without a duration waits for a resume request', () => {
    const world = underway({ steps: [{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }, { pause: { duration: '10s' } }] })
    expect(world.after(3_600_000).status).to.include({ phase: 'Paused', weight: 20 })
    expect(world.ask('resume').shares).to.deep.equal({ a: 40, b: 60 })
    expect(world.after(5000).shares).to.deep.equal({ a: 40, b: 60 })
  })
  it('a request is carried out once, and only for the candidate that it names', () => {
    const world = underway()
    world.ask('abort', { revision: 'x' })
    expect(world.shares).to.deep.equal({ a: 80, b: 20 })
    world.ask('abort', { revision: 'b', by: 'kim' })
    expect(world.status.message).to.contain('aborted by kim')
    world.push('c').is('c', 'True').look()
    expect(world.shares).to.deep.equal({ a: 80, c: 20 })
  })
  it('a promote request ends the steps; it waits for a candidate that is not Ready', () => {
    const world = new World().is('a', 'True').look().push('b').is('b', 'Unknown').look().ask('promote')
    expect(world.shares).to.deep.equal({ a: 100 })
    expect(world.is('b', 'True').look().shares).to.deep.equal({ b: 100 })
  })
  it('spec.paused stops the clock of the step', () => {
    const world = underway().after(50_000)
    world.rollout.spec.paused = true
    expect(world.look().after(3_600_000).status).to.include({ phase: 'Paused', weight: 20 })
    world.rollout.spec.paused = false
    expect(world.look().after(9000).shares).to.deep.equal({ a: 80, b: 20 })
    expect(world.after(1000).shares).to.deep.equal({ b: 100 })
  })
  it('takes a Service over as it is: what has most requests is stable', () => {
    const world = new World({}, 'b', [
      { revisionName: 'a', percent: 90 },
      { revisionName: 'b', percent: 10 },
      { revisionName: 'old', tag: 'old' },
    ])
    world.is('b', 'True').look()
    expect(world.shares).to.deep.equal({ a: 80, b: 20 })
    expect(world.service.spec.traffic!.map(t => t.tag)).to.include('old')
  })
  it('says what it waits for without a Service, and that another Rollout has it', () => {
    const { rollout } = new World()
    const none = desiredRollout({ rollout, service: undefined, candidate: undefined, figures: undefined }, start)
    expect(none.status).to.include({ phase: 'Pending', message: 'there is no Service "hello" yet' })
    const taken = desiredRollout({ rollout, service: undefined, candidate: undefined, figures: undefined, rival: 'older' }, start)
    expect(taken.status.message).to.contain('has a Rollout already: older')
    const made = (name: string, creationTimestamp: string) => ({ ...rollout, metadata: { name, uid: name, creationTimestamp } })
    const all = [made('x', '2026-01-02T00:00:00Z'), made('y', '2026-01-01T00:00:00Z')]
    expect(all.map(r => rivalOf(r, all))).to.deep.equal(['y', undefined])
  })
  it('shares always sum to 100, and only stable and candidate have any, whatever happens', () => {
    const action = fc.oneof(
      fc.record({ push: fc.constantFrom('a', 'b', 'c') }),
      fc.record({ revision: fc.constantFrom('a', 'b', 'c'), is: fc.constantFrom('True', 'False', 'Unknown') }),
      fc.record({ after: fc.integer({ min: 0, max: 90_000 }) }),
      fc.record({ ask: fc.constantFrom('resume', 'promote', 'abort', 'retry') }),
      fc.record({ figures: fc.record({ requests: fc.nat(100), errors: fc.nat(100) }) }),
      fc.record({ paused: fc.boolean() }),
    )
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), actions => {
        const world = new World()
        for (const one of actions) {
          if ('push' in one) world.push(one.push)
          else if ('is' in one) world.is(one.revision, one.is as Condition['status'])
          else if ('ask' in one) world.ask(one.ask as 'abort')
          else if ('figures' in one) world.figures = one.figures
          else if ('paused' in one) world.rollout.spec.paused = one.paused
          world.after('after' in one ? one.after : 0)
          const { shares, status } = world
          expect(Object.values(shares).reduce((sum, n) => sum + n, 0)).to.equal(100)
          for (const revision of Object.keys(shares))
            expect([status.stableRevision, status.candidateRevision]).to.include(revision)
          // A revision that is known to be broken never has requests while another could take them.
          if (status.candidateRevision && status.stableRevision && world.ready[status.candidateRevision] === 'False')
            expect(shares[status.candidateRevision] ?? 0).to.equal(0)
        }
      }),
      { numRuns: 300 },
    )
  })
})

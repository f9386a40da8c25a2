import { expect } from 'chai'
import fc from 'fast-check'
import { Breaker } from './breaker.ts'
import { recordedExchange } from './testing/index.ts'

const ok = Buffer.from('ok')

describe('breaker', () => {
  it('lets as many in as its limit, then those that wait, first come first served', () => {
    const breaker = new Breaker({ limit: 1, queueDepth: 2 })
    const started: number[] = []
    const all = [0, 1, 2].map(n => {
      const { exchange } = recordedExchange()
      breaker.enter(exchange, () => started.push(n))
      return exchange
    })
    expect(started).to.deep.equal([0])
    all[0]!.respond(200, '', [], ok)
    expect(started).to.deep.equal([0, 1])
    all[1]!.respond(200, '', [], ok)
    expect(started).to.deep.equal([0, 1, 2])
  })
  it('refuses with 503 and Retry-After what does not fit into the queue', () => {
    const breaker = new Breaker({ limit: 1, queueDepth: 0 })
    breaker.enter(recordedExchange().exchange, () => {})
    const second = recordedExchange()
    breaker.enter(second.exchange, () => expect.fail('started'))
    expect(second.status).to.equal(503)
    expect(second.headers).to.include.members(['slipway-reason', 'Overloaded', 'retry-after'])
  })
  it('forgets who left while waiting', () => {
    const breaker = new Breaker({ limit: 1, queueDepth: 1 })
    const first = recordedExchange()
    breaker.enter(first.exchange, () => {})
    const gone = recordedExchange()
    breaker.enter(gone.exchange, () => expect.fail('started'))
    gone.exchange.clientGone()
    expect(breaker.waiting).to.equal(0)
    first.exchange.respond(200, '', [], ok)
    expect(breaker.active).to.equal(0)
  })
  it('lets those waiting in when the limit grows', () => {
    const breaker = new Breaker({ limit: 1, queueDepth: 5 })
    for (let i = 0; i < 3; i++) breaker.enter(recordedExchange().exchange, () => {})
    breaker.resize({ limit: 2, queueDepth: 5 })
    expect([breaker.active, breaker.waiting]).to.deep.equal([2, 1])
  })
  it('never exceeds its limits and never loses a request, whatever the order of comings and goings', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(4), fc.array(fc.nat(9)), (limit, queueDepth, steps) => {
        const breaker = new Breaker({ limit, queueDepth })
        const live: ReturnType<typeof recordedExchange>[] = []
        for (const step of steps) {
          const other = live[step % (live.length + 1)]
          if (!other) {
            const next = recordedExchange()
            breaker.enter(next.exchange, () => {})
            if (!next.exchange.ended) live.push(next)
          } else {
            live.splice(live.indexOf(other), 1)
            if (step % 2) other.exchange.clientGone()
            else other.exchange.respond(200, '', [], ok)
          }
          expect(breaker.active).to.be.at.most(limit)
          expect(breaker.waiting).to.be.at.most(queueDepth)
          expect(breaker.active + breaker.waiting).to.equal(live.length)
          if (breaker.waiting) expect(breaker.active).to.equal(limit)
        }
      }),
    )
  })
})

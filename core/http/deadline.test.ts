import { fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { type Timeouts, withDeadline } from './deadline.ts'
import { recordedExchange } from './testing/index.ts'

const none: Timeouts = { totalSeconds: 0, responseStartSeconds: 0, idleSeconds: 0 }
const begin = (timeouts: Partial<Timeouts>, upgrade?: string) => {
  const clock = fakeClock()
  const recorded = recordedExchange(upgrade ? { upgrade } : {})
  let cancelled = false
  recorded.exchange.cancel = () => {
    cancelled = true
  }
  withDeadline(recorded.exchange, { ...none, ...timeouts }, clock)
  return { clock, recorded, cancelled: () => cancelled }
}

describe('deadline', () => {
  it('answers 504 when nothing began in time, and stops the upstream', async () => {
    const { clock, recorded, cancelled } = begin({ totalSeconds: 10 })
    await clock.advance(9_999)
    expect(recorded.status).to.equal(0)
    await clock.advance(1)
    expect(recorded.status).to.equal(504)
    expect(recorded.body).to.match(/request timeout/)
    expect(cancelled()).to.equal(true)
  })
  it('cuts an answer that has begun and does not end in time', async () => {
    const { clock, recorded } = begin({ totalSeconds: 10 })
    recorded.exchange.start(200, '', [])
    await clock.advance(10_000)
    expect([recorded.status, recorded.aborted]).to.deep.equal([200, true])
  })
  it('waits for the start by its own timeout, then no more', async () => {
    const { clock, recorded } = begin({ totalSeconds: 60, responseStartSeconds: 5 })
    await clock.advance(4_000)
    recorded.exchange.start(200, '', [])
    await clock.advance(10_000)
    expect(recorded.aborted).to.equal(false)
  })
  it('gives up on silence, counted from the last piece', async () => {
    const { clock, recorded } = begin({ idleSeconds: 5 })
    recorded.exchange.start(200, '', [])
    await clock.advance(4_000)
    recorded.exchange.write(Buffer.from('x'))
    await clock.advance(4_000)
    expect(recorded.aborted).to.equal(false)
    await clock.advance(1_000)
    expect(recorded.aborted).to.equal(true)
  })
  it('leaves no timer behind', async () => {
    const { clock, recorded } = begin({ totalSeconds: 10, idleSeconds: 5, responseStartSeconds: 3 })
    recorded.exchange.respond(200, '', [], Buffer.alloc(0))
    await clock.advance(100_000)
    expect([recorded.status, recorded.outcome]).to.deep.equal([200, 'complete'])
  })
})

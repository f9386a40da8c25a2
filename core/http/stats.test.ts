import { expect } from 'chai'
import { Meter, Meters } from './stats.ts'

describe('meter', () => {
  it('averages concurrency over time, not over requests', () => {
    const meter = new Meter(0)
    meter.enter(0)
    meter.enter(500)
    meter.leave(750)
    expect(meter.take(1000)).to.deep.equal({ averageConcurrency: 1.25, requestCount: 2, errorCount: 0 })
  })
  it('starts each report anew, with what still runs', () => {
    const meter = new Meter(0)
    meter.enter(0)
    meter.take(1000)
    expect(meter.take(2000)).to.deep.equal({ averageConcurrency: 1, requestCount: 0, errorCount: 0 })
  })
})
describe('meters', () => {
  it('report a quiet revision twice as zero, then forget it', () => {
    let now = 0
    const meters = new Meters(() => now)
    meters.of('demo/a').enter(0)
    now = 1000
    meters.of('demo/a').leave(now)
    expect(meters.take('p', 1).map(s => s.averageConcurrency)).to.deep.equal([1])
    for (const left of [true, false]) {
      now += 1000
      expect(meters.take('p', 1).map(s => s.averageConcurrency)).to.deep.equal([0])
      expect(meters.busy).to.equal(left)
    }
  })
})

import { expect } from 'chai'
import fc from 'fast-check'
import { atLeast, atMost, spread } from './bench.ts'

describe('bench', () => {
  it('says whether a goal is met', () => {
    expect(atLeast('rate', 10, '1/s', 10).met).to.equal(true)
    expect(atLeast('rate', 9, '1/s', 10).met).to.equal(false)
    expect(atMost('delay', 5, 'ms', 5).met).to.equal(true)
    expect(atMost('delay', 6, 'ms', 5).met).to.equal(false)
  })
  it('spreads samples between their ends', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), samples => {
        const { min, p50, p95, max } = spread(samples)
        return min <= p50 && p50 <= p95 && p95 <= max && samples.includes(p50)
      }),
    )
  })
  it('measures nothing of nothing', () => expect(() => spread([])).to.throw('nothing was measured'))
})

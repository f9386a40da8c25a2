import { expect } from 'chai'
import fc from 'fast-check'
import { WeightedRoundRobin } from './weighted.ts'

const picks = (weights: number[], count: number) => {
  const robin = new WeightedRoundRobin(weights.map((weight, value) => ({ weight, value })))
  return Array.from({ length: count }, () => robin.pick())
}

describe('smooth weighted round robin', () => {
  it("follows nginx's order for 5, 1, 1", () => expect(picks([5, 1, 1], 7)).to.deep.equal([0, 0, 1, 0, 2, 0, 0]))
  it('never picks a weight of 0', () => expect(picks([0, 100], 10)).to.deep.equal(Array(10).fill(1)))
  it('has nothing to pick without targets', () => expect(picks([], 2)).to.deep.equal([undefined, undefined]))

  it('gives each share exactly, within one, in any 100 consecutive picks', () => {
    const percents = fc
      .array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 5 })
      .map(cuts => [0, ...cuts.sort((a, b) => a - b), 100])
      .map(cuts => cuts.slice(1).map((cut, i) => cut - cuts[i]!))
    fc.assert(
      fc.property(percents, fc.nat(300), (weights, from) => {
        const window = picks(weights, from + 100).slice(from)
        for (const [value, weight] of weights.entries())
          expect(Math.abs(window.filter(v => v === value).length - weight)).to.be.at.most(1)
      }),
    )
  })
  it('sends a hash always to the same target, by the same shares', () => {
    const robin = new WeightedRoundRobin([
      { weight: 80, value: 'stable' },
      { weight: 20, value: 'canary' },
    ])
    const all = Array.from({ length: 100 }, (_, hash) => robin.at(hash))
    expect(all.filter(v => v === 'canary')).to.have.length(20)
    expect(robin.at(4711)).to.equal(robin.at(4711))
  })
})

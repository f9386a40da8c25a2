import { expect } from 'chai'
import { ageSince, humanDuration } from './age.ts'

const [second, minute, hour, day] = [1000, 60_000, 3_600_000, 86_400_000]

describe('ages', () => {
  const cases: [ms: number, want: string][] = [
    [0, '0s'],
    [-1500, '0s'],
    [-5 * second, '<invalid>'],
    [119 * second, '119s'],
    [120 * second, '2m'],
    [150 * second, '2m30s'],
    [10 * minute + 5 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [3 * hour + 20 * minute, '3h20m'],
    [8 * hour + 20 * minute, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [2 * day + 5 * hour, '2d5h'],
    [8 * day + 5 * hour, '8d'],
    [400 * day, '400d'],
    [800 * day, '2y70d'],
    [9 * 365 * day, '9y'],
  ]
  for (const [ms, want] of cases) it(`${ms / second} s is ${want}`, () => expect(humanDuration(ms)).to.equal(want))

  it('no time is unknown, no date is invalid', () => {
    expect(ageSince(undefined, 0)).to.equal('<unknown>')
    expect(ageSince('soon', 0)).to.equal('<invalid>')
  })
})

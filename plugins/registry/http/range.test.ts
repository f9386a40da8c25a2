import { expect } from 'chai'
import fc from 'fast-check'
import { parseContentRange, parseRange } from './range.ts'

describe('ranges', () => {
  const cases = [
    [undefined, 10, 'whole'],
    ['bytes=0-', 10, { start: 0, end: 9 }],
    ['bytes=3-100', 10, { start: 3, end: 9 }],
    ['bytes=-4', 10, { start: 6, end: 9 }],
    ['bytes=-40', 10, { start: 0, end: 9 }],
    ['bytes=10-', 10, 'unsatisfiable'],
    ['bytes=0-', 0, 'unsatisfiable'],
    ['bytes=-0', 10, 'unsatisfiable'],
    ['bytes=5-2', 10, 'whole'],
    ['bytes=0-1,4-5', 10, 'whole'],
    ['lines=0-1', 10, 'whole'],
    ['bytes=-', 10, 'whole'],
  ] as const
  for (const [header, size, want] of cases) it(`${header} of ${size}`, () => expect(parseRange(header, size)).to.deep.equal(want))

  it('never leaves the content', () =>
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.tuple(fc.nat(), fc.nat()).map(([a, b]) => `bytes=${a}-${b}`),
        ),
        fc.nat(1000),
        (header, size) => {
          const range = parseRange(header, size)
          if (typeof range === 'string') return
          expect(range.start).to.be.within(0, size - 1)
          expect(range.end).to.be.within(range.start, size - 1)
        },
      ),
    ))

  for (const [header, want] of [
    ['0-9', { start: 0, end: 9 }],
    ['bytes 5-9/10', { start: 5, end: 9 }],
    ['9-0', undefined],
    ['0-', undefined],
    ['a-b', undefined],
  ] as const)
    it(`chunk ${header}`, () => expect(parseContentRange(header)).to.deep.equal(want))
})

import { expect } from 'chai'
import fc from 'fast-check'
import { canonicalQuantity, compareQuantities } from './quantity.ts'

describe('quantities', () => {
  const cases: [given: string, want: string | undefined][] = [
    ['0', '0'],
    ['1', '1'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['100', '100'],
    ['1000', '1k'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['512', '512'],
    ['0.5Ki', '512'],
    ['1Ki', '1Ki'],
    ['2e3', '2e3'],
    ['12e6', '12e6'],
    ['100e-3', '100e-3'],
    ['-1', '-1'],
    ['.5', '500m'],
    ['5.', '5'],
    ['0.1n', '1n'],
    ['', undefined],
    ['abc', undefined],
    ['1 Gi', undefined],
    ['1gi', undefined],
    ['-', undefined],
  ]
  for (const [given, want] of cases)
    it(`${JSON.stringify(given)} is stored as ${want ?? 'nothing'}`, () => expect(canonicalQuantity(given)).to.equal(want))

  const quantity = fc
    .tuple(fc.integer({ min: -1_000_000, max: 1_000_000 }), fc.constantFrom('', 'm', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3', 'u'))
    .map(([n, suffix]) => `${n}${suffix}`)
  it('a canonical quantity is its own canonical form, and worth the same', () =>
    fc.assert(
      fc.property(quantity, text => {
        const canonical = canonicalQuantity(text)!
        expect(canonicalQuantity(canonical)).to.equal(canonical)
        expect(compareQuantities(text, canonical)).to.equal(0)
      }),
    ))
  it('orders across suffixes', () => {
    expect(compareQuantities('1Gi', '1G')).to.equal(1)
    expect(compareQuantities('999m', '1')).to.equal(-1)
    expect(compareQuantities(1, '1000m')).to.equal(0)
  })
})

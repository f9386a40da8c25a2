import type { Stat } from '@slipway/core/http'
import { expect } from 'chai'
import { Samples } from './samples.ts'

const stat = (second: number, averageConcurrency: number, rest: Partial<Stat> = {}): Stat => ({
  revision: 'demo/a',
  reporter: 'p1',
  time: second * 1000 + 500,
  averageConcurrency,
  requestCount: 0,
  errorCount: 0,
  averageProxiedConcurrency: 0,
  proxiedRequestCount: 0,
  ...rest,
})
const of = (...stats: Stat[]) => {
  const samples = new Samples(120_000)
  for (const one of stats) samples.add(one)
  return samples
}
const steady = (from: number, to: number, value: number) => Array.from({ length: to - from }, (_, i) => stat(from + i, value))

describe('samples', () => {
  it('adds reporters up and averages what one says twice in a second', () =>
    expect(of(stat(100, 2), stat(100, 4), stat(100, 5, { reporter: 'p2' })).average(100_900, 6000, 0).concurrency).to.equal(8))
  it('averages over the whole window once it is full', () =>
    expect(of(...steady(40, 100, 6)).average(100_000, 60_000, 0).concurrency).to.equal(6))
  it('does not thin a burst out by the quiet before it', () =>
    expect(of(stat(10, 1), stat(100, 600)).average(100_900, 60_000, 0).concurrency).to.equal(600))
  it('counts silence after traffic as zero', () =>
    expect(of(...steady(40, 100, 6)).average(130_000, 60_000, 0).concurrency).to.equal(3))
  it('is zero when the window has gone by', () =>
    expect(of(...steady(40, 100, 6)).average(161_000, 60_000, 0).concurrency).to.equal(0))
  it('counts only what came since someone measures', () =>
    expect(of(...steady(90, 100, 6)).average(100_000, 60_000, 90_000).concurrency).to.equal(6))
  it('leaves out what a queue-proxy behind the activator sees too', () =>
    expect(of(stat(100, 5, { averageProxiedConcurrency: 3 })).average(100_900, 6000, 0).concurrency).to.equal(2))
  it('takes samples that come late', () => {
    const samples = of(stat(100, 4), stat(99, 2))
    expect(samples.average(100_900, 2000, 0).concurrency).to.equal(3)
  })
  it('knows requests and errors of a window', () =>
    expect(
      of(stat(90, 0, { requestCount: 5 }), stat(100, 0, { requestCount: 10, errorCount: 2 })).figures(101_000, 5000),
    ).to.deep.equal({ requests: 10, errors: 2 }))
})

import { expect } from 'chai'
import { scalingWith } from './testing/config.ts'

const cases: { name: string; annotations?: Record<string, string>; containerConcurrency?: number; want: object }[] = [
  {
    name: 'defaults',
    want: {
      target: 70,
      total: 100,
      stableWindowMs: 60_000,
      panicWindowMs: 6000,
      panicThreshold: 2,
      minScale: 0,
      maxScale: 0,
      initialScale: 1,
    },
  },
  { name: 'a hard limit is the total', containerConcurrency: 10, want: { target: 7, total: 10 } },
  { name: 'a target is not above the hard limit', containerConcurrency: 10, annotations: { target: '50' }, want: { total: 10 } },
  { name: 'a limit of one still takes one', containerConcurrency: 1, want: { target: 1, total: 1 } },
  {
    name: 'own target and utilisation',
    annotations: { target: '20', 'target-utilization-percentage': '50' },
    want: { target: 10, total: 20 },
  },
  { name: 'requests per second', annotations: { metric: 'rps' }, want: { metric: 'rps', total: 200, target: 140 } },
  {
    name: 'a window of its own',
    annotations: { window: '30s', 'panic-window-percentage': '20' },
    want: { stableWindowMs: 30_000, panicWindowMs: 6000 },
  },
  { name: 'the older spelling', annotations: { minScale: '2', maxScale: '4' }, want: { minScale: 2, maxScale: 4 } },
  {
    name: 'a wrong value counts as absent',
    annotations: { 'min-scale': 'many', window: 'soon' },
    want: { minScale: 0, stableWindowMs: 60_000 },
  },
  {
    name: 'an initial scale of zero is not allowed unless configured',
    annotations: { 'initial-scale': '0' },
    want: { initialScale: 1 },
  },
]
describe('scaling configuration', () => {
  for (const { name, annotations = {}, containerConcurrency = 0, want } of cases)
    it(name, () => expect(scalingWith(annotations, { containerConcurrency })).to.include(want))
  it('keeps nothing of an unreachable revision', () =>
    expect(scalingWith({ 'min-scale': '3' }, { reachability: 'Unreachable' })).to.include({ minScale: 0, reachable: false }))
})

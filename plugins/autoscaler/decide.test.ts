import { expect } from 'chai'
import fc from 'fast-check'
import { decide, type Memory, noMemory, type Observed } from './decide.ts'
import { scalingWith } from './testing/config.ts'

const now = 1_000_000
const want = (observed: Partial<Observed>, annotations: Record<string, string> = {}, memory: Memory = noMemory) =>
  decide({ stable: 0, panic: 0, readyPods: 1, ...observed }, scalingWith(annotations), memory, now)

describe('decide', () => {
  // A pod is to have 70 of its 100 requests.
  for (const { name, observed, annotations = {}, memory, pods } of [
    { name: 'no load: none', observed: {}, pods: 0 },
    { name: 'any load: one', observed: { stable: 0.01, panic: 0.01 }, pods: 1 },
    { name: 'exactly one pod full', observed: { stable: 70, panic: 70 }, pods: 1 },
    { name: 'a bit more: two', observed: { stable: 71, panic: 71 }, pods: 2 },
    {
      name: 'the panic window alone does not count below the threshold',
      observed: { stable: 70, panic: 139, readyPods: 2 },
      pods: 1,
    },
    { name: 'twice what the pods are for: panic', observed: { stable: 70, panic: 400, readyPods: 2 }, pods: 6 },
    {
      name: 'never down during panic',
      observed: { stable: 10, panic: 10, readyPods: 6 },
      memory: { panicSince: now - 1000, mostPanicPods: 6, recent: [] },
      pods: 6,
    },
    {
      name: 'panic ends a stable window after it was last needed',
      observed: { stable: 10, panic: 10, readyPods: 2 },
      memory: { panicSince: now - 60_001, mostPanicPods: 6, recent: [] },
      pods: 1,
    },
    { name: 'at most half of the pods go at a time', observed: { stable: 1, panic: 1, readyPods: 10 }, pods: 5 },
    {
      name: 'activation scale raises what is wanted',
      observed: { stable: 1, panic: 1 },
      annotations: { 'activation-scale': '3' },
      pods: 3,
    },
    { name: 'activation scale leaves zero alone', observed: {}, annotations: { 'activation-scale': '3' }, pods: 0 },
    {
      name: 'scale-down delay keeps the most of late',
      observed: { stable: 70, panic: 70 },
      annotations: { 'scale-down-delay': '30s' },
      memory: { ...noMemory, recent: [{ time: now - 29_000, pods: 4 }] },
      pods: 4,
    },
    {
      name: 'and lets go of it afterwards',
      observed: { stable: 70, panic: 70 },
      annotations: { 'scale-down-delay': '30s' },
      memory: { ...noMemory, recent: [{ time: now - 30_000, pods: 4 }] },
      pods: 1,
    },
  ] as { name: string; observed: Partial<Observed>; annotations?: Record<string, string>; memory?: Memory; pods: number }[])
    it(name, () => expect(want(observed, annotations, memory).pods).to.equal(pods))

  for (const { name, observed, annotations = {}, excess } of [
    { name: 'one idle pod cannot take a burst of 211', observed: { readyPods: 1 }, excess: -111 },
    { name: 'four can', observed: { readyPods: 4 }, excess: 189 },
    { name: 'less what they have now', observed: { readyPods: 4, panic: 200 }, excess: -11 },
    { name: '0 means never', observed: { readyPods: 1 }, annotations: { 'target-burst-capacity': '0' }, excess: 0 },
    { name: '-1 means always', observed: { readyPods: 99 }, annotations: { 'target-burst-capacity': '-1' }, excess: -1 },
  ] as { name: string; observed: Partial<Observed>; annotations?: Record<string, string>; excess: number }[])
    it(`burst: ${name}`, () => expect(want(observed, annotations).excessBurstCapacity).to.equal(excess))

  const load = fc.double({ min: 0, max: 10_000, noNaN: true })
  it('stays within the rates, and is never less than the load needs outside of them', () => {
    fc.assert(
      fc.property(load, load, fc.nat(200), (stable, panic, readyPods) => {
        const { pods } = want({ stable, panic, readyPods })
        const ready = Math.max(1, readyPods)
        expect(pods).to.be.at.least(Math.floor(ready / 2))
        expect(pods).to.be.at.most(ready * 1000)
        expect(pods).to.be.at.least(Math.min(Math.ceil(stable / 70), ready * 1000))
      }),
    )
  })
  it('wants no fewer pods for more load', () => {
    fc.assert(
      fc.property(load, load, fc.nat(50), (a, b, readyPods) => {
        const [less, more] = [Math.min(a, b), Math.max(a, b)]
        expect(want({ stable: more, panic: more, readyPods }).pods).to.be.at.least(
          want({ stable: less, panic: less, readyPods }).pods,
        )
      }),
    )
  })
  it('replays a day of any load without going down in panic', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2000), { minLength: 1, maxLength: 60 }), loads => {
        const config = scalingWith()
        let memory = noMemory
        let pods = 1
        loads.forEach((value, i) => {
          const before = memory
          const decision = decide({ stable: value, panic: value, readyPods: pods }, config, memory, now + i * 2000)
          if (before.panicSince !== undefined && decision.memory.panicSince !== undefined)
            expect(decision.pods).to.be.at.least(before.mostPanicPods)
          ;({ memory, pods } = decision)
        })
      }),
    )
  })
})

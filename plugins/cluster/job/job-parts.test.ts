import type { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import fc from 'fast-check'
import { backoffMs } from './backoff.ts'
import { failureVerdict } from './failure-policy.ts'
import { firstPending, formatIndexes, parseIndexes, union } from './indexes.ts'
import { metSuccessPolicy } from './success-policy.ts'
import { settleCounts } from './tracking.ts'

describe('completion indexes', () => {
  const texts = [
    { indexes: [], text: '' },
    { indexes: [1], text: '1' },
    { indexes: [1, 2], text: '1,2' },
    { indexes: [0, 1, 2, 5, 7, 8], text: '0-2,5,7,8' },
  ]
  for (const { indexes, text } of texts)
    it(`${JSON.stringify(indexes)} is written "${text}"`, () => expect(formatIndexes(indexes)).to.equal(text))
  it('survive being written and read, and what is taken is never pending', () =>
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60)), fc.nat(20), (list, count) => {
        const sorted = union(list, [])
        expect(parseIndexes(formatIndexes(sorted), 61)).to.deep.equal(sorted)
        const pending = firstPending(sorted, count, 61)
        expect(pending.some(i => sorted.includes(i))).to.equal(false)
        expect(pending).to.have.length(Math.min(count, 61 - sorted.length))
      }),
    ))
  it('that are no indexes are passed over', () => expect(parseIndexes('1,x,3-,2-9', 5)).to.deep.equal([1, 2, 3, 4]))
})

describe('job back-off', () => {
  const now = 10_000_000
  const at = (secondsAgo: number) =>
    ({
      metadata: {},
      spec: { containers: [] },
      status: { containerStatuses: [{ state: { terminated: { finishedAt: new Date(now - secondsAgo * 1000).toISOString() } } }] },
    }) as unknown as k8s.Pod
  const cases = [
    { name: 'no failure: at once', failed: [], succeeded: [], want: 0 },
    { name: 'one: ten seconds after it', failed: [4], succeeded: [], want: 6000 },
    { name: 'two: twenty', failed: [30, 4], succeeded: [], want: 16_000 },
    { name: 'many: six minutes', failed: Array.from({ length: 12 }, (_, i) => i), succeeded: [], want: 360_000 },
    { name: 'long ago: at once', failed: [400], succeeded: [], want: 0 },
    { name: 'failures before a success do not count', failed: [8, 6, 2], succeeded: [5], want: 8000 },
  ]
  for (const { name, failed, succeeded, want } of cases)
    it(name, () => expect(backoffMs(succeeded.map(at), failed.map(at), now)).to.equal(want))
})

describe('pod failure policy', () => {
  const pod = (exitCode: number) =>
    ({
      metadata: { namespace: 'demo', name: 'p' },
      status: {
        conditions: [{ type: 'DisruptionTarget', status: 'True' }],
        containerStatuses: [{ name: 'main', state: { terminated: { exitCode } } }],
      },
    }) as unknown as k8s.Pod
  const onCodes = (action: string, operator: string, ...values: number[]) => ({ action, onExitCodes: { operator, values } })
  const cases = [
    { name: 'no rule', rules: [], want: { counts: true } },
    { name: 'a rule of another code', rules: [onCodes('FailJob', 'In', 1)], want: { counts: true } },
    { name: 'NotIn', rules: [onCodes('Ignore', 'NotIn', 1)], want: { counts: false } },
    { name: 'the first that matches', rules: [onCodes('Count', 'In', 42), onCodes('Ignore', 'In', 42)], want: { counts: true } },
    { name: 'FailIndex', rules: [onCodes('FailIndex', 'In', 42)], want: { counts: true, failsIndex: true } },
    {
      name: 'a condition',
      rules: [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }],
      want: { counts: false },
    },
    {
      name: 'another container',
      rules: [{ action: 'Ignore', onExitCodes: { containerName: 'side', operator: 'In', values: [42] } }],
      want: { counts: true },
    },
  ]
  for (const { name, rules, want } of cases)
    it(name, () => expect(failureVerdict({ rules } as never, pod(42))).to.deep.equal(want))
})

describe('success policy', () => {
  const met = (rules: object[], succeeded: number[]) =>
    metSuccessPolicy({ completions: 10, successPolicy: { rules } } as unknown as k8s.Job['spec'], succeeded)
  it('of certain indexes', () => {
    expect(met([{ succeededIndexes: '0,2-3' }], [0, 2])).to.equal(undefined)
    expect(met([{ succeededIndexes: '0,2-3' }], [0, 2, 3])).to.equal('Matched rules at index 0')
  })
  it('of a number, or a number out of certain ones', () => {
    expect(met([{ succeededIndexes: '5-9', succeededCount: 2 }, { succeededCount: 3 }], [1, 5, 6])).to.equal(
      'Matched rules at index 0',
    )
    expect(met([{ succeededIndexes: '7-9', succeededCount: 2 }, { succeededCount: 3 }], [1, 5, 6])).to.equal(
      'Matched rules at index 1',
    )
  })
})

describe('counting', () => {
  it('moves each uid into the count once, whatever order finalizers go in', () =>
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4 }), { maxLength: 20 }),
        fc.infiniteStream(fc.boolean()),
        (uids, coin) => {
          const half = uids.length >> 1
          let status: Parameters<typeof settleCounts>[0] = {
            uncountedTerminatedPods: { succeeded: uids.slice(0, half), failed: uids.slice(half) },
          }
          const tracked = new Set(uids)
          for (let pass = 0; pass < 30; pass++) {
            for (const uid of [...tracked]) if (coin.next().value) tracked.delete(uid)
            status = settleCounts(status, uid => tracked.has(uid), false)
          }
          status = settleCounts(status, () => false, false)
          expect([status.succeeded ?? 0, status.failed ?? 0]).to.deep.equal([half, uids.length - half])
          expect(status.uncountedTerminatedPods).to.deep.equal({})
        },
      ),
    ))
})

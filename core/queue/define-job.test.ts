import { expect } from 'chai'
import fc from 'fast-check'
import { s } from '../api/index.ts'
import { backoffDelay, defineJob, jobId } from './define-job.ts'
import { failureOf, failureText, JobFailure, parseFailureText } from './failure.ts'
import { lastTurn, nextTurn } from './turns.ts'

describe('job identity', () => {
  it('ids have no colon, are not digits alone, and stay distinct', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(jobId(a)).to.not.contain(':')
        expect(jobId(a)).to.not.match(/^\d+$/)
        if (a !== b) expect(jobId(a)).to.not.equal(jobId(b))
      }),
    )
    expect(jobId('12')).to.equal('%12')
  })
  it('data is completed by its defaults', () => {
    const job = defineJob({ queue: 'q', attempts: 1, data: s.object({ a: s.string(), n: s.int().default(3) }), id: d => d.a })
    expect(job.check({ a: 'x' })).to.deep.equal({ a: 'x', n: 3 })
  })
})

describe('backoffDelay', () => {
  for (const [made, want] of [
    [1, 500],
    [2, 1000],
    [3, 2000],
    [10, 60_000],
  ] as const)
    it(`after attempt ${made}: ${want} ms`, () =>
      expect(backoffDelay({ backoffMs: 500, maxBackoffMs: 60_000 }, made)).to.equal(want))
})

describe('failures', () => {
  it('text round-trips, also with line ends and brackets', () => {
    fc.assert(
      fc.property(fc.constantFrom('user' as const, 'system' as const), fc.string(), (blame, message) => {
        const failure = { blame, reason: 'StepFailed', message }
        expect(parseFailureText(failureText(failure))).to.deep.equal(failure)
      }),
    )
  })
  it('an unknown error is the system’s and is tried again', () =>
    expect(failureOf(new Error('boom'))).to.deep.equal({
      retry: 'backoff',
      blame: 'system',
      reason: 'InternalError',
      message: 'boom',
    }))
  it('what BullMQ says of a stalled job has a reason', () =>
    expect(parseFailureText('job stalled more than allowable limit').reason).to.equal('Stalled'))
  it('keeps what a JobFailure says', () => {
    const failure = { retry: { afterMs: 5 }, blame: 'user', reason: 'NotYet', message: 'm' } as const
    expect(failureOf(new JobFailure(failure))).to.deep.equal(failure)
  })
})

describe('nextTurn', () => {
  for (const { name, now, last, want } of [
    { name: 'a new lane goes next', now: 7, last: undefined, want: 8 },
    { name: 'a busy lane goes behind its own last', now: 7, last: 90, want: 91 },
    { name: 'a lane that was idle does not save turns up', now: 7, last: 2, want: 8 },
    { name: 'numbers end at BullMQ’s greatest', now: lastTurn, last: lastTurn, want: lastTurn },
  ])
    it(name, () => expect(nextTurn(now, last)).to.equal(want))
})

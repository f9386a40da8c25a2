import { fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { shell } from '../testing/node-fixture.ts'
import { probeTimes, unprobed, withResult } from './probe-state.ts'
import { startProber } from './prober.ts'

describe('probes', () => {
  for (const { name, results, success, failure, want } of [
    { name: 'one success is enough', results: [true], success: 1, failure: 3, want: [true] },
    {
      name: 'three failures in a row',
      results: [false, false, false],
      success: 1,
      failure: 3,
      want: [undefined, undefined, false],
    },
    {
      name: 'a success in between begins anew',
      results: [false, false, true, false, false],
      success: 1,
      failure: 3,
      want: [undefined, undefined, true, true, true],
    },
    { name: 'two successes wanted', results: [true, true], success: 2, failure: 1, want: [undefined, true] },
  ])
    it(`thresholds: ${name}`, () => {
      const times = { ...probeTimes({}), successThreshold: success, failureThreshold: failure }
      let state = unprobed
      expect(results.map(result => (state = withResult(state, result, times)).verdict)).to.deep.equal(want)
    })

  const tcp = { tcpSocket: { port: 1 as never } }
  const exec = { exec: { command: ['x'] } }
  /** Runs a prober whose checks answer by time; gives when it probed and what it said. */
  async function run(container: Parameters<typeof shell>[2], passes: (kind: string, ms: number) => boolean, forMs: number) {
    const clock = fakeClock()
    const began = clock.now()
    const probed: number[] = []
    const reports: string[] = []
    let failures = 0
    const stop = startProber({
      container: shell('a', '', container),
      target: { host: '', port: Number, exec: async () => ({ code: 0, output: '' }) },
      clock,
      startedAt: began,
      onReport: ({ kind, verdict }) => reports.push(`${clock.now() - began} ${kind} ${verdict}`),
      onFailure: () => void failures++,
      check: async handler => {
        probed.push(clock.now() - began)
        return passes(handler.exec ? 'exec' : 'tcp', clock.now() - began) ? undefined : 'no'
      },
    })
    await clock.advance(forMs)
    stop()
    await clock.advance(60_000)
    return { probed, reports, failures }
  }

  it('looks every 25 ms at first, so that a start is seen when it happens', async () => {
    const { probed, reports, failures } = await run({ readinessProbe: tcp }, (_, ms) => ms >= 60, 200)
    expect(probed.slice(0, 3)).to.deep.equal([25, 50, 75])
    expect(reports).to.deep.equal(['75 readiness true'])
    expect(failures).to.equal(0)
  })
  it('then at its period', async () => {
    const { probed } = await run({ readinessProbe: { ...tcp, periodSeconds: 2 } }, () => true, 7000)
    expect(probed).to.deep.equal([25, 2000, 4000, 6000])
  })
  it('is not eager with programs', async () => {
    const { probed } = await run({ readinessProbe: { ...exec, periodSeconds: 1 } }, () => false, 2500)
    expect(probed).to.deep.equal([0, 1000, 2000])
  })
  it('waits for the initial delay', async () => {
    const { probed } = await run({ readinessProbe: { ...tcp, initialDelaySeconds: 3 } }, () => true, 4000)
    expect(probed).to.deep.equal([3000])
  })
  it('begins liveness and readiness once the start-up probe has passed', async () => {
    const { reports } = await run(
      { startupProbe: { ...tcp, periodSeconds: 1 }, livenessProbe: { ...exec, periodSeconds: 1, failureThreshold: 2 } },
      (kind, ms) => kind === 'tcp' && ms >= 40,
      5000,
    )
    expect(reports).to.deep.equal(['50 startup true', '1050 liveness false'])
  })
  it('gives up a start after its threshold', async () => {
    const { reports } = await run({ startupProbe: { ...tcp, periodSeconds: 1, failureThreshold: 3 } }, () => false, 10_000)
    expect(reports).to.deep.equal(['3000 startup false'])
  })
})

import { expect } from 'chai'
import { age, overviewPage } from './overview.ts'

const now = Date.parse('2026-01-01T01:00:00Z')
const ages = [
  { from: '2026-01-01T00:59:30Z', want: '30 s' },
  { from: '2026-01-01T00:10:00Z', want: '50 min' },
  { from: '2025-12-31T20:00:00Z', want: '5 h' },
  { from: '2025-12-20T20:00:00Z', want: '11 d' },
  { from: undefined, want: '' },
]

describe('dashboard', () => {
  for (const { from, want } of ages) it(`age of ${from}: ${want}`, () => expect(age(from, now)).to.equal(want))

  const nothing = { services: [], rollouts: [], builds: [], pods: [], now }
  it('says what to do where there is nothing', () => expect(overviewPage(nothing)).to.contain('Push something'))
  it('shows shares and state of a service, and escapes its names', () => {
    const service = {
      metadata: { namespace: 'demo', name: '<b>' },
      status: {
        url: 'http://a',
        traffic: [
          { revisionName: 'r1', percent: 80 },
          { revisionName: 'r2', percent: 20 },
        ],
        conditions: [{ type: 'Ready', status: 'False', reason: 'RevisionFailed', message: 'boom' }],
      },
    }
    const page = overviewPage({ ...nothing, services: [service as never] })
    expect(page)
      .to.contain('r2</code> 20 %')
      .and.to.contain('RevisionFailed')
      .and.to.contain('&lt;b&gt;')
      .and.not.to.contain('<b>')
  })
})

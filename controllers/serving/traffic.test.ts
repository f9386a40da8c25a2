import type { TrafficTarget } from '@slipway/core/api/serving'
import { expect } from 'chai'
import { configuration, ready, revision } from './testing.ts'
import { resolveTraffic, sharesOf } from './traffic.ts'

const found = {
  configuration: (name: string) =>
    ({
      hello: configuration(2, { status: { latestReadyRevisionName: 'hello-00002', conditions: ready('True') } as never }),
      young: configuration(1),
      broken: configuration(1, { status: { conditions: ready('False', 'RevisionFailed') } as never }),
    })[name],
  revision: (name: string) =>
    ({
      'hello-00001': revision('hello-00001', 1, ready('True')),
      'hello-00002': revision('hello-00002', 2, ready('True')),
      'hello-00003': revision('hello-00003', 3, ready('False')),
      'hello-00004': revision('hello-00004', 4, ready('Unknown')),
    })[name],
}

const resolved: { name: string; traffic: TrafficTarget[]; want: [string, number][] }[] = [
  { name: 'the latest ready revision', traffic: [{ configurationName: 'hello', percent: 100 }], want: [['hello-00002', 100]] },
  {
    name: 'named ones and the latest',
    traffic: [
      { revisionName: 'hello-00001', percent: 80 },
      { configurationName: 'hello', latestRevision: true, percent: 20 },
    ],
    want: [
      ['hello-00001', 80],
      ['hello-00002', 20],
    ],
  },
]
const refused: { name: string; traffic: TrafficTarget[]; status: string; reason: string }[] = [
  {
    name: 'a revision that is not there',
    traffic: [{ revisionName: 'nope', percent: 100 }],
    status: 'False',
    reason: 'RevisionMissing',
  },
  {
    name: 'a revision that failed',
    traffic: [{ revisionName: 'hello-00003', percent: 100 }],
    status: 'False',
    reason: 'RevisionMissing',
  },
  {
    name: 'a revision that is not ready yet',
    traffic: [{ revisionName: 'hello-00004', percent: 100 }],
    status: 'Unknown',
    reason: 'RevisionMissing',
  },
  {
    name: 'a configuration that is not there',
    traffic: [{ configurationName: 'nope', percent: 100 }],
    status: 'False',
    reason: 'ConfigurationMissing',
  },
  {
    name: 'a configuration without a ready revision',
    traffic: [{ configurationName: 'young', percent: 100 }],
    status: 'Unknown',
    reason: 'RevisionMissing',
  },
  {
    name: 'a configuration whose revision failed',
    traffic: [{ configurationName: 'broken', percent: 100 }],
    status: 'False',
    reason: 'RevisionMissing',
  },
]

describe('resolveTraffic', () => {
  for (const { name, traffic, want } of resolved)
    it(`finds ${name}`, () => {
      const result = resolveTraffic(traffic, found)
      expect('targets' in result && result.targets.map(t => [t.revisionName, t.percent])).to.deep.equal(want)
    })
  for (const { name, traffic, status, reason } of refused)
    it(`refuses ${name}`, () =>
      expect(resolveTraffic(traffic, found)).to.have.property('verdict').that.includes({ status, reason }))
})

describe('sharesOf', () => {
  const target = (revisionName: string, percent: number) => ({ revisionName, percent, latestRevision: false })
  it('adds up a revision that is named twice and leaves out what gets nothing', () => {
    expect(sharesOf([target('a', 30), target('b', 50), target('a', 20), target('c', 0)])).to.deep.equal([
      { revisionName: 'a', percent: 50 },
      { revisionName: 'b', percent: 50 },
    ])
  })
})

import { expect } from 'chai'
import { ServiceV1alpha1 } from './v1alpha1.ts'
import { modeFromTraffic, trafficOfMode } from './v1alpha1-modes.ts'

const modes = [
  { name: 'runLatest', mode: {}, back: { kind: 'runLatest' }, shares: [[undefined, '@latest', 100]] },
  {
    name: 'pinned',
    mode: { pinned: { revisionName: 'a-1' } },
    back: { kind: 'pinned', revisionName: 'a-1' },
    shares: [[undefined, 'a-1', 100]],
  },
  {
    name: 'release of one',
    mode: { release: { revisions: ['a-1'] } },
    back: { kind: 'release', revisions: ['a-1'] },
    shares: [
      ['current', 'a-1', 100],
      ['latest', '@latest', 0],
    ],
  },
  {
    name: 'release of two at 20 %',
    mode: { release: { revisions: ['a-1', 'a-2'], rolloutPercent: 20 } },
    back: { kind: 'release', revisions: ['a-1', 'a-2'], rolloutPercent: 20 },
    shares: [
      ['current', 'a-1', 80],
      ['candidate', 'a-2', 20],
      ['latest', '@latest', 0],
    ],
  },
  {
    name: 'release to @latest',
    mode: { release: { revisions: ['a-1', '@latest'], rolloutPercent: 50 } },
    back: { kind: 'release', revisions: ['a-1', '@latest'], rolloutPercent: 50 },
    shares: [
      ['current', 'a-1', 50],
      ['candidate', '@latest', 50],
      ['latest', '@latest', 0],
    ],
  },
]

describe('v1alpha1 modes', () => {
  for (const { name, mode, back, shares } of modes)
    it(`${name}: to traffic and back`, () => {
      const traffic = trafficOfMode(mode)
      expect(traffic.map(t => [t.tag, t.revisionName ?? '@latest', t.percent])).to.deep.equal(shares)
      expect(modeFromTraffic(traffic)).to.deep.equal(back)
    })

  it('has no mode for traffic with other tags', () => {
    expect(modeFromTraffic([{ tag: 'pr-1', revisionName: 'a', percent: 100 }])).to.equal(undefined)
  })
})

describe('v1alpha1 Service', () => {
  const old = {
    apiVersion: 'serving.knative.dev/v1alpha1',
    kind: 'Service',
    metadata: { name: 'canary', namespace: 'default' },
    spec: {
      release: {
        revisions: ['canary-00001', 'canary-00002'],
        rolloutPercent: 20,
        configuration: {
          revisionTemplate: { spec: { container: { image: 'demo:green', env: [{ name: 'T_VERSION', value: 'green' }] } } },
        },
      },
    },
  }
  it('is stored as v1, completed as v1 is, and comes back in its own words', () => {
    const stored = ServiceV1alpha1.toStorage!(old as never)
    expect(stored).to.have.property('apiVersion', 'serving.knative.dev/v1')
    expect(stored).to.have.nested.property('spec.template.spec.containers[0].image', 'demo:green')
    expect(stored).to.have.nested.property('spec.template.spec.containers[0].name', 'user-container')
    const back = ServiceV1alpha1.fromStorage!(stored) as unknown as typeof old
    const { revisions, rolloutPercent, configuration } = back.spec.release
    expect({ revisions, rolloutPercent }).to.deep.equal({ revisions: ['canary-00001', 'canary-00002'], rolloutPercent: 20 })
    expect(configuration.revisionTemplate.spec.container).to.deep.include(
      old.spec.release.configuration.revisionTemplate.spec.container,
    )
    expect(old.spec.release.configuration.revisionTemplate.spec.container).to.not.have.property('name')
  })
  it('shows the domain of the URL in its status', () => {
    const stored = { ...ServiceV1alpha1.toStorage!(old as never), status: { url: 'http://canary.default.example.com' } }
    expect(ServiceV1alpha1.fromStorage!(stored as never)).to.have.nested.property('status.domain', 'canary.default.example.com')
  })
})

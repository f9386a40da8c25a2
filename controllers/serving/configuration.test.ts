import type { Revision } from '@slipway/core/api/serving'
import { expect } from 'chai'
import { type ConfigurationView, desiredConfiguration } from './configuration.desired.ts'
import { configuration, now, ready, revision, shortly } from './testing.ts'

const view = (more: Partial<ConfigurationView>): ConfigurationView => ({
  configuration: configuration(),
  revisions: [],
  build: undefined,
  named: undefined,
  ...more,
})
const r1 = revision('hello-00001', 1, ready('True'))
const r2 = revision('hello-00002', 2, ready('Unknown', 'Deploying'))
const failed = revision('hello-00002', 2, ready('False', 'ExitCode1', 'Container failed with: boom'))
const foreign: Revision = { ...r1, metadata: { ...r1.metadata, ownerReferences: [] } }

const cases = [
  {
    name: 'the first generation makes its revision',
    view: view({}),
    makes: ['hello-00001'],
    conditions: { Ready: 'Unknown' },
    created: 'hello-00001',
    latest: undefined,
  },
  {
    name: 'a revision that is there is not made again',
    view: view({ named: r1, revisions: [r1] }),
    makes: [],
    conditions: { Ready: 'True' },
    created: 'hello-00001',
    latest: 'hello-00001',
  },
  {
    name: 'the last ready one stays the latest while the next comes up',
    view: view({
      configuration: configuration(2, { status: { latestReadyRevisionName: 'hello-00001' } as never }),
      named: r2,
      revisions: [r1, r2],
    }),
    makes: [],
    conditions: { Ready: 'Unknown Deploying' },
    created: 'hello-00002',
    latest: 'hello-00001',
  },
  {
    name: 'and when the next fails',
    view: view({
      configuration: configuration(2, { status: { latestReadyRevisionName: 'hello-00001' } as never }),
      named: failed,
      revisions: [r1, failed],
    }),
    makes: [],
    conditions: { Ready: 'False RevisionFailed' },
    created: 'hello-00002',
    latest: 'hello-00001',
  },
  {
    name: 'a name that is taken is said',
    view: view({ named: foreign }),
    makes: [],
    conditions: { Ready: 'False RevisionFailed' },
    created: undefined,
    latest: undefined,
  },
]

describe('desiredConfiguration', () => {
  for (const { name, view: seen, makes, conditions, created, latest } of cases)
    it(name, () => {
      const { children = [], status } = desiredConfiguration(seen, now)
      expect(children.map(c => ('object' in c ? c.object : c).metadata.name)).to.deep.equal(makes)
      expect(shortly(status?.conditions)).to.deep.equal(conditions)
      expect([status?.latestCreatedRevisionName, status?.latestReadyRevisionName]).to.deep.equal([created, latest])
    })

  const building = configuration(1, {
    spec: {
      ...configuration().spec,
      build: { source: { git: { url: 'https://x/y' } }, template: { name: 'layers', kind: 'ClusterBuildTemplate' } },
    } as never,
  })
  const buildDone = (status: string, image?: object) =>
    ({
      metadata: { name: 'hello-build-00001' },
      status: { conditions: [{ type: 'Succeeded', status, message: 'step 2 failed' }], ...(image && { image }) },
    }) as never
  const builds = [
    { name: 'makes its build first', build: undefined, makes: ['Build hello-build-00001'], ready: 'Unknown Building' },
    { name: 'waits for its build', build: buildDone('Unknown'), makes: [], ready: 'Unknown Building' },
    { name: 'says that its build failed', build: buildDone('False'), makes: [], ready: 'False BuildFailed' },
    {
      name: 'runs what was built, by digest',
      build: buildDone('True', { name: 'reg/app:x', digest: 'sha256:abc' }),
      makes: ['Revision hello-00001'],
      ready: 'Unknown',
    },
  ]
  for (const { name, build, makes, ready: wanted } of builds)
    it(`with a build: ${name}`, () => {
      const { children = [], status } = desiredConfiguration(view({ configuration: building, build }), now)
      expect(children.map(c => ('object' in c ? c.object : c)).map(c => `${c.kind} ${c.metadata.name}`)).to.deep.equal(makes)
      expect(shortly(status?.conditions)).to.deep.equal({ Ready: wanted })
    })
  it('with a build: pins the image to its digest', () => {
    const { children = [] } = desiredConfiguration(
      view({ configuration: building, build: buildDone('True', { name: 'reg:5000/app:x', digest: 'sha256:abc' }) }),
      now,
    )
    expect(children[0]).to.have.nested.property('spec.containers[0].image', 'reg:5000/app@sha256:abc')
  })
})

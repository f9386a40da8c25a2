import type { Condition } from '@slipway/core/api'
import { applyDefaults } from '@slipway/core/api'
import { Build } from '@slipway/core/api/build'
import { Repository, Rollout } from '@slipway/core/api/delivery'
import { Service } from '@slipway/core/api/serving'
import { createInformers } from '@slipway/core/client'
import { buildNameOf, type Push, revisionNameOf } from '@slipway/core/delivery'
import { silentLog } from '@slipway/core/observe'
import type { JobContext } from '@slipway/core/queue'
import { type Reconciler, startControllers } from '@slipway/core/runtime'
import { type FakeApi, fakeApi } from '@slipway/core/testing'
import { expect } from 'chai'
import { buildOfPush } from './build-of-push.ts'
import { decidePush, matchesPaths } from './push-filter.ts'
import { desiredRepository } from './repository.desired.ts'
import { repositoryReconciler } from './repository.ts'
import { pinnedImage } from './service-of-release.ts'
import { pushWorker } from './worker.ts'

const commits = { a: 'a'.repeat(40), b: 'b'.repeat(40) }
const installation = { gitUrl: 'http://git.localhost:3000', registryHost: 'registry.localhost:5000' }
const digest = `sha256:${'1'.repeat(64)}`

function repositoryOf(spec: Record<string, unknown> = {}): Repository {
  const repository = {
    apiVersion: 'slipway.dev/v1alpha1',
    kind: 'Repository',
    metadata: { name: 'hello', namespace: 'demo', uid: 'repo-uid', generation: 1 },
    spec,
  } as unknown as Repository
  applyDefaults(Repository.schema, repository)
  return repository
}
const pushOf = (more: Partial<Push> = {}): Push => ({
  namespace: 'demo',
  repository: 'hello',
  ref: 'refs/heads/main',
  commit: commits.a,
  receivedAt: Date.parse('2026-01-01T00:00:00Z'),
  options: {},
  hasDockerfile: false,
  ...more,
})
function buildOf(repository: Repository, push: Push, succeeded: Condition['status'] = 'Unknown', message = ''): Build {
  const build = buildOfPush(repository, push, installation)
  return {
    ...build,
    status: {
      conditions: [{ type: 'Succeeded', status: succeeded, ...(message && { reason: 'BuildStepFailed', message }) }],
      ...(succeeded === 'True' && { image: { name: `registry.localhost:5000/demo/hello:${push.commit.slice(0, 12)}`, digest } }),
    },
  }
}

describe('what a push leads to', () => {
  const cases: { name: string; spec?: Record<string, unknown>; push?: Partial<Push>; want: string }[] = [
    { name: 'the branch', want: 'Built' },
    { name: 'another branch', push: { ref: 'refs/heads/x' }, want: 'BranchNotBuilt' },
    { name: 'a pattern', spec: { branches: ['release/*'] }, push: { ref: 'refs/heads/release/1' }, want: 'Built' },
    { name: 'a branch named like a pattern', spec: { branches: ['a[b]'] }, push: { ref: 'refs/heads/a[b]' }, want: 'Built' },
    { name: 'a tag', push: { ref: 'refs/tags/v1' }, want: 'NotABranch' },
    { name: 'a deletion', push: { commit: '0'.repeat(40) }, want: 'BranchDeleted' },
    { name: 'suspended', spec: { suspend: true }, want: 'Suspended' },
    { name: 'skip-build', push: { options: { 'skip-build': '' } }, want: 'SkippedByPusher' },
    { name: 'a path that counts', spec: { paths: { include: ['web'] } }, push: { changed: ['web/a.js', 'x'] }, want: 'Built' },
    {
      name: 'no path that counts',
      spec: { paths: { include: ['web'] } },
      push: { changed: ['webx/a.js'] },
      want: 'NoPathMatches',
    },
    { name: 'paths unknown', spec: { paths: { include: ['web'] } }, want: 'Built' },
  ]
  for (const { name, spec, push, want } of cases)
    it(`${name}: ${want}`, () => {
      const decision = decidePush(repositoryOf(spec), pushOf(push))
      expect(decision.outcome === 'Built' ? 'Built' : decision.reason).to.equal(want)
    })
  for (const { name, filter, changed, want } of [
    { name: 'excluded files alone', filter: { exclude: ['docs', '**/*.md'] }, changed: ['docs/a', 'x/README.md'], want: false },
    { name: 'one that is not excluded', filter: { exclude: ['docs'] }, changed: ['docs/a', 'src/a'], want: true },
    { name: 'a glob', filter: { include: ['src/**/*.ts'] }, changed: ['src/a/b.ts'], want: true },
    { name: 'a leading folder with a slash at its end', filter: { include: ['web/'] }, changed: ['web/x'], want: true },
  ])
    it(`paths: ${name}`, () => expect(matchesPaths(filter, changed)).to.equal(want))
})

describe('the Build of a push', () => {
  it('names what to fetch, how to build it, and where the image goes', () => {
    const build = buildOfPush(repositoryOf(), pushOf({ options: { canary: '10' } }), installation)
    expect(build.metadata.name).to.equal('hello-aaaaaaaaaaaa')
    expect(build.spec.source!.git).to.deep.equal({ url: 'http://git.localhost:3000/demo/hello.git', revision: commits.a })
    expect(build.spec.template).to.deep.equal({
      kind: 'ClusterBuildTemplate',
      name: 'layers',
      arguments: [{ name: 'IMAGE', value: 'registry.localhost:5000/demo/hello:aaaaaaaaaaaa' }],
    })
    expect(build.metadata.annotations).to.include({ 'slipway.dev/branch': 'main', 'slipway.dev/canary': '10' })
    expect(Build.validate!(build)).to.deep.equal([])
  })
  it('takes the Dockerfile where there is one, a template where one is named, an image where one is given', () => {
    expect(buildOfPush(repositoryOf(), pushOf({ hasDockerfile: true }), installation).spec.template!.name).to.equal('buildah')
    const spec = {
      build: { template: { name: 'kaniko' }, image: 'r/x', arguments: [{ name: 'IMAGE', value: 'r/y' }], directory: 'web' },
    }
    const build = buildOfPush(repositoryOf(spec), pushOf({ hasDockerfile: true }), installation)
    expect(build.spec.template).to.deep.include({
      kind: 'BuildTemplate',
      name: 'kaniko',
      arguments: [{ name: 'IMAGE', value: 'r/y' }],
    })
    expect(build.spec.source!.subPath).to.equal('web')
  })
  it('pins an image by its digest, whatever its tag or port', () => {
    const told = (name: string, d?: string) => pinnedImage({ status: { image: { name, ...(d && { digest: d }) } } } as Build)
    expect(told('r:5000/a/b:tag', digest)).to.equal(`r:5000/a/b@${digest}`)
    expect(told('r:5000/a/b', digest)).to.equal(`r:5000/a/b@${digest}`)
    expect(told('r/a/b')).to.equal(undefined)
  })
  it('names are one a commit and configuration', () => {
    expect(buildNameOf('hello', commits.b)).to.equal('hello-bbbbbbbbbbbb')
    expect(revisionNameOf('hello', commits.a, 'x'))
      .to.match(/^hello-aaaaaaaa-[0-9a-f]{4}$/)
      .and.not.equal(revisionNameOf('hello', commits.a, 'y'))
  })
})

describe('repository', () => {
  const now = Date.parse('2026-01-01T01:00:00Z')
  const decide = (repository: Repository, builds: Build[], more: { service?: Service; rollout?: Rollout } = {}) =>
    desiredRepository({ repository, builds, service: more.service, rollout: more.rollout }, now)
  const condition = (status: Repository['status'], type: string) => status!.conditions!.find(c => c.type === type)

  it('before any push: waits for one', () => {
    const { status, release } = decide(repositoryOf(), [])
    expect(release).to.equal(undefined)
    expect(condition(status, 'Ready')).to.include({ status: 'Unknown', reason: 'NothingPushed' })
  })
  it('a build that runs releases nothing', () => {
    const repository = repositoryOf()
    const { status, release } = decide(repository, [buildOf(repository, pushOf())])
    expect(release).to.equal(undefined)
    expect(status.branches![0]).to.include({ name: 'main', commit: commits.a, result: 'Pending' })
  })
  it('a build that succeeded is released by digest; its rollout comes with it', () => {
    const repository = repositoryOf({ release: { rollout: {} } })
    const { release, rollout, status } = decide(repository, [buildOf(repository, pushOf(), 'True')])
    expect(release!.template.spec.containers[0]!.image).to.equal(`registry.localhost:5000/demo/hello@${digest}`)
    expect(rollout!.spec.serviceRef.name).to.equal('hello')
    expect(status.branches![0]!.revision).to.equal(release!.template.metadata.name)
    expect(status.releasedCommit).to.equal(commits.a)
  })
  it('a build that failed leaves what was released, and says why', () => {
    const repository = repositoryOf()
    const later = pushOf({ commit: commits.b, receivedAt: Date.parse('2026-01-01T00:30:00Z') })
    const { release, status } = decide(repository, [
      buildOf(repository, later, 'False', 'npm ci exited with 1'),
      buildOf(repository, pushOf(), 'True'),
    ])
    expect(release!.build.metadata.name).to.equal('hello-aaaaaaaaaaaa')
    expect(condition(status, 'Ready')).to.include({ status: 'False', reason: 'BuildStepFailed' })
    expect(condition(status, 'Built')!.message).to.contain('npm ci exited with 1')
  })
  it('a push back to an earlier commit is released again', () => {
    const repository = repositoryOf()
    const b = pushOf({ commit: commits.b, receivedAt: Date.parse('2026-01-01T00:30:00Z') })
    const again = pushOf({ receivedAt: Date.parse('2026-01-01T00:45:00Z') })
    expect(
      decide(repository, [buildOf(repository, b, 'True'), buildOf(repository, again, 'True')]).release!.build.metadata.name,
    ).to.contain('aaaa')
  })
  it('does not take a Service that belongs to someone else', () => {
    const repository = repositoryOf()
    const service = { metadata: { name: 'hello', namespace: 'demo' }, spec: {} } as unknown as Service
    const { release, status } = decide(repository, [buildOf(repository, pushOf(), 'True')], { service })
    expect(release).to.equal(undefined)
    expect(condition(status, 'Released')).to.include({ status: 'False', reason: 'ServiceTaken' })
  })
  it('a configuration that changes is a new revision of the same commit', () => {
    const [one, two] = [repositoryOf(), repositoryOf({ release: { env: [{ name: 'A', value: '1' }] } })]
    const names = [one, two].map(r => decide(r, [buildOf(r, pushOf(), 'True')]).release!.template.metadata.name)
    expect(names[0]).to.not.equal(names[1])
  })
  it('builds beyond the limit go, the released one never', () => {
    const repository = repositoryOf({ buildHistoryLimit: 1 })
    const at = (n: number) => pushOf({ commit: String(n).repeat(40), receivedAt: n * 1000 })
    const builds = [
      buildOf(repository, at(1), 'True'),
      buildOf(repository, at(2), 'False', 'x'),
      buildOf(repository, at(3), 'False', 'x'),
    ]
    expect(decide(repository, builds).expired).to.deep.equal(['hello-222222222222'])
  })
})

describe('delivery over an API server', () => {
  let api: FakeApi
  const context = { log: silentLog } as unknown as JobContext
  const handle = (push: Push) => pushWorker({ api, installation })(push, context)
  beforeEach(() => {
    api = fakeApi(repositoryOf({ branches: ['main'], release: { rollout: {} } }))
  })
  const repository = () => api.get(Repository, { namespace: 'demo', name: 'hello' })

  it('a push delivered twice is one Build, and the record of it', async () => {
    await handle(pushOf())
    await handle(pushOf())
    expect(api.all('Build')).to.have.length(1)
    expect(api.writes.filter(w => w.kind === 'Build' && w.verb !== 'create')).to.deep.equal([])
    expect((await repository()).status!.lastPush).to.include({ outcome: 'Built', commit: commits.a })
  })
  it('a push that is not built is recorded with its reason', async () => {
    await handle(pushOf({ ref: 'refs/heads/x' }))
    expect(api.all('Build')).to.deep.equal([])
    expect((await repository()).status!.lastPush).to.include({ outcome: 'Ignored', reason: 'BranchNotBuilt' })
  })
  it('a late older push does not change the record', async () => {
    await handle(pushOf({ receivedAt: 2000, commit: commits.b }))
    await handle(pushOf({ receivedAt: 1000 }))
    expect((await repository()).status!.lastPush!.commit).to.equal(commits.b)
  })
  it('a push to a repository that is not there ends as a dead letter', async () => {
    const error = await handle(pushOf({ repository: 'other' })).catch(e => e)
    expect(error).to.include({ retry: 'never', blame: 'user', reason: 'RepositoryNotFound' })
  })

  it('from push to release: Service with its traffic pinned, Rollout, then the next template leaves the traffic alone', async () => {
    const stopping = new AbortController()
    const informers = createInformers({ api, log: silentLog, signal: stopping.signal })
    const controllers = startControllers([repositoryReconciler as unknown as Reconciler], { api, informers, log: silentLog })
    const until = async (what: () => Promise<boolean> | boolean) => {
      for (let i = 0; i < 500 && !(await what()); i++) await new Promise(resolve => setTimeout(resolve, 2))
      expect(await what()).to.equal(true)
    }
    const finish = async (commit: string) => {
      const ref = { namespace: 'demo', name: buildNameOf('hello', commit) }
      const status = { conditions: [{ type: 'Succeeded', status: 'True' }], image: { name: 'r/demo/hello:x', digest } }
      await api.patch(Build, ref, 'merge', { status }, { subresource: 'status' })
    }
    const service = () => api.find(Service, { namespace: 'demo', name: 'hello' })
    try {
      await handle(pushOf())
      await finish(commits.a)
      await until(async () => (await service()) !== undefined && api.all('Rollout').length === 1)
      const first = (await service())!.spec.template.metadata!.name!
      expect((await service())!.spec.traffic).to.deep.equal([{ revisionName: first, percent: 100 }])
      await handle(pushOf({ commit: commits.b, receivedAt: Date.parse('2026-01-01T00:30:00Z'), options: { canary: '5' } }))
      await finish(commits.b)
      await until(async () => (await service())!.spec.template.metadata!.name !== first)
      const { metadata, spec } = (await service())!
      expect(spec.traffic).to.deep.equal([{ revisionName: first, percent: 100 }])
      expect(metadata.annotations!['slipway.dev/canary']).to.equal(`${spec.template.metadata!.name}=5`)
      expect((await repository()).status).to.include({ releasedCommit: commits.b, service: 'hello' })
      const rollout = (await api.get(Rollout, { namespace: 'demo', name: 'hello' })).metadata
      expect(rollout.ownerReferences![0]).to.include({ kind: 'Repository', name: 'hello' })
    } finally {
      stopping.abort()
      await controllers.stop()
    }
  })
})

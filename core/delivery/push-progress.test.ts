import { expect } from 'chai'
import { Build } from '../api/build/index.ts'
import { Repository } from '../api/delivery/index.ts'
import type { KubeObject } from '../api/index.ts'
import { Revision, Service } from '../api/serving/index.ts'
import type { FakeApi } from '../testing/index.ts'
import { fakeApi, rawAnswer } from '../testing/index.ts'
import { buildNameOf, nameProblem } from './names.ts'
import { type Memory, narrate, type PushSight } from './narrate.ts'
import { pushJob } from './push-job.ts'
import { pushProgress } from './push-progress.ts'

const commit = 'c'.repeat(40)
const at = Date.parse('2026-01-01T00:00:00Z')
const push = { commit, branch: 'main', pushedAt: new Date(at).toISOString() }
const url = 'http://hello.demo.localhost:8080'
const condition = (type: string, status: string, message = '', reason = '') => ({
  type,
  status,
  ...(reason && { reason }),
  ...(message && { message }),
})

const repository = (status: object = {}, release: object = { enabled: true, rollout: {} }) =>
  ({ spec: { release }, status }) as unknown as Repository
const branches = [{ name: 'main', commit, pushedAt: push.pushedAt, result: 'Succeeded', revision: 'hello-cc' }]
const built = {
  metadata: { name: 'hello-cccc' },
  status: {
    startTime: 'x',
    conditions: [condition('Succeeded', 'True')],
    image: { name: 'r/demo/hello', digest: `sha256:${'1'.repeat(64)}` },
  },
} as unknown as Build
const sight = (more: Partial<Record<keyof PushSight, unknown>>): PushSight =>
  ({
    repository: repository({ branches }),
    build: built,
    service: undefined,
    revision: undefined,
    rollout: undefined,
    ...more,
  }) as PushSight
const revision = (status: string, message = '') => ({
  status: { conditions: [condition('Ready', status, message, 'ExitCode1')] },
})
const service = (percent: number) => ({
  status: { url, traffic: [{ revisionName: 'hello-cc', percent }], conditions: [condition('Ready', 'True')] },
})
const rollout = (status: object) => ({ metadata: { name: 'hello' }, status })

describe('what is told of a push', () => {
  const cases: { name: string; sees: PushSight; outcome?: string; last: RegExp }[] = [
    {
      name: 'a push that is not built: the reason',
      sees: sight({
        build: undefined,
        repository: repository({ lastPush: { commit, at: push.pushedAt, outcome: 'Ignored', message: 'branch x is not built' } }),
      }),
      outcome: 'Ignored',
      last: /branch x is not built/,
    },
    {
      name: 'a build that failed: why, and that nothing was touched',
      sees: sight({
        build: {
          metadata: { name: 'b' },
          status: { startTime: 'x', conditions: [condition('Succeeded', 'False', 'exited with code 3')] },
        },
      }),
      outcome: 'Failed',
      last: /not touched/,
    },
    {
      name: 'a build that runs',
      sees: sight({ build: { metadata: { name: 'b' }, status: { startTime: 'x' } } }),
      last: /Building b/,
    },
    { name: 'an image', sees: sight({ repository: repository() }), last: /Image r\/demo\/hello sha256:1{12}…/ },
    { name: 'a revision on its way', sees: sight({ revision: revision('Unknown') }), last: /Releasing revision hello-cc/ },
    {
      name: 'without a rollout: all requests, and the URL',
      sees: sight({ repository: repository({ branches }, { enabled: true }), revision: revision('True'), service: service(100) }),
      outcome: 'Live',
      last: /-----> http:\/\/hello\.demo\.localhost:8080$/,
    },
    {
      name: 'a canary: its share, and the URL last',
      sees: sight({
        revision: revision('True'),
        service: service(20),
        rollout: rollout({ candidateRevision: 'hello-cc', stableRevision: 'a', weight: 20, step: '2/2' }),
      }),
      outcome: 'Live',
      last: /http:\/\/hello/,
    },
    {
      name: 'a canary whose share is not in effect yet',
      sees: sight({
        revision: revision('True'),
        service: service(0),
        rollout: rollout({ candidateRevision: 'hello-cc', stableRevision: 'a', weight: 20 }),
      }),
      last: /ready/,
    },
    {
      name: 'a first release by rollout',
      sees: sight({
        revision: revision('True'),
        service: service(100),
        rollout: rollout({ stableRevision: 'hello-cc', phase: 'Healthy' }),
      }),
      outcome: 'Live',
      last: /http:/,
    },
    {
      name: 'a revision that crashes, without a rollout: its last words, and who keeps the requests',
      sees: sight({ repository: repository({ branches }, { enabled: true }), revision: revision('False', 'no database here') }),
      outcome: 'Failed',
      last: /keep all requests/,
    },
    {
      name: 'a candidate that was rolled back: the reason, and the URL',
      sees: sight({
        revision: revision('False', 'boom'),
        service: service(0),
        rollout: rollout({ stableRevision: 'a', rejectedRevision: 'hello-cc', message: 'rolled back: boom' }),
      }),
      outcome: 'Failed',
      last: /http:/,
    },
    {
      name: 'a newer push takes over',
      sees: sight({
        repository: repository({ branches: [{ name: 'main', commit: 'd'.repeat(40), pushedAt: '2026-01-01T00:00:09.000Z' }] }),
      }),
      outcome: 'Ignored',
      last: /newer push of main \(ddddddd\)/,
    },
    {
      name: 'images only',
      sees: sight({ repository: repository({ branches }, { enabled: false }) }),
      outcome: 'Built',
      last: /nothing is released/,
    },
  ]
  for (const { name, sees, outcome, last } of cases)
    it(name, () => {
      const said: Memory = new Set()
      const told = narrate(sees, push, said)
      expect(told.outcome).to.equal(outcome)
      expect(told.lines.at(-1)).to.match(last)
      expect(narrate(sees, push, said).lines, 'nothing is said twice').to.deep.equal([])
    })
  it('an older record of the same commit is not about this push', () => {
    const old = repository({ lastPush: { commit, at: '2025-01-01T00:00:00.000Z', outcome: 'Ignored', message: 'x' } })
    expect(narrate(sight({ repository: old, build: undefined }), push, new Set()).outcome).to.equal(undefined)
  })
})

describe('names', () => {
  for (const [what, name, good] of [
    ['repository', 'hello', true],
    ['repository', '1hello', false],
    ['repository', 'a'.repeat(40), true],
    ['repository', 'a'.repeat(41), false],
    ['repository', 'Hello', false],
    ['repository', '..', false],
    ['namespace', '1team', true],
    ['namespace', 'team-', false],
    ['namespace', '', false],
  ] as const)
    it(`${what} ${JSON.stringify(name)}: ${good ? 'good' : 'refused'}`, () =>
      expect(nameProblem(what, name) === undefined).to.equal(good))
  it('a push job is one a repository, ref and commit', () => {
    const data = {
      namespace: 'a',
      repository: 'b',
      ref: 'refs/heads/x:y',
      commit,
      receivedAt: 1,
      options: {},
      hasDockerfile: false,
    }
    expect(pushJob.id(data)).to.match(/^a\.b\.[0-9a-f]{12}\.c{40}$/)
    expect(pushJob.id({ ...data, ref: 'refs/heads/z' })).to.not.equal(pushJob.id(data))
  })
})

describe('pushProgress', () => {
  it('tells a push from its arrival to its URL, with the log of its steps', async () => {
    const base: FakeApi = fakeApi()
    const api: FakeApi = {
      ...base,
      raw: async (_method, path) => rawAnswer(path.includes('container=build-step-build') ? 'npm ci\nadded 3 packages\n' : ''),
    }
    const named = (kind: string, name: string, rest: object) =>
      ({ kind, metadata: { name, namespace: 'demo' }, ...rest }) as unknown as KubeObject
    const put = async (kind: typeof Build | typeof Repository | typeof Service | typeof Revision, object: KubeObject) =>
      base
        .create(kind as never, object as never)
        .catch(() => base.patch(kind as never, object.metadata as never, 'merge', object, { subresource: 'status' }))
    const seen: string[] = []
    const progress = pushProgress(api, { namespace: 'demo', repository: 'hello', branch: 'main', commit, receivedAt: at })
    const done = (async () => {
      for (;;) {
        const { done: isDone, value } = await progress.next()
        if (isDone) return value
        seen.push(value)
      }
    })()
    const build = (status: object) =>
      named('Build', buildNameOf('hello', commit), { status: { startTime: 'x', cluster: { podName: 'pod' }, ...status } })
    const stepStates = [
      { name: 'build-step-credential-initializer', terminated: {} },
      { name: 'build-step-build', running: {} },
    ]
    await put(Repository, named('Repository', 'hello', { spec: { release: { enabled: true } } }))
    await put(Build, build({ stepStates }))
    await put(
      Build,
      build({ stepStates, conditions: [condition('Succeeded', 'True')], image: { name: 'r/demo/hello', digest: 'sha256:1' } }),
    )
    await put(Repository, named('Repository', 'hello', { spec: { release: { enabled: true } }, status: { branches } }))
    await put(Revision, named('Revision', 'hello-cc', revision('True')))
    await put(Service, named('Service', 'hello', service(100)))
    expect(await done).to.equal('Live')
    expect(seen[0]).to.equal('-----> ccccccc received on main of demo/hello')
    const inOrder = [
      '-----> build',
      '       npm ci',
      '       added 3 packages',
      '-----> Image r/demo/hello sha256:1…',
      '-----> Releasing revision hello-cc',
      `-----> ${url}`,
    ]
    expect(seen.filter(line => inOrder.includes(line))).to.deep.equal(inOrder)
    expect(seen.at(-1)).to.equal(`-----> ${url}`)
  })
  it('ends when nobody listens any more', async () => {
    const stop = new AbortController()
    const progress = pushProgress(
      fakeApi(),
      { namespace: 'demo', repository: 'hello', branch: 'main', commit, receivedAt: at },
      { signal: stop.signal },
    )
    await progress.next()
    const next = progress.next()
    stop.abort()
    expect(await next).to.deep.equal({ done: true, value: undefined })
  })
})

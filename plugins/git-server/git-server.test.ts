import { execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { k8s, objectOf } from '@slipway/core/api'
import { Repository } from '@slipway/core/api/delivery'
import type { Push } from '@slipway/core/delivery'
import { silentLog, systemClock } from '@slipway/core/observe'
import { type Listening, listenAddresses } from '@slipway/core/process'
import { type FakeApi, fakeApi } from '@slipway/core/testing'
import { expect } from 'chai'
import { admission } from './admission.ts'
import { gitApp } from './http/app.ts'
import { type Authenticate, anyone, sharedToken } from './http/authenticate.ts'
import { type PushReporter, pushReporter } from './report-pushes.ts'
import { type Repositories, repositories } from './repositories.ts'

const run = promisify(execFile)
interface Told {
  code: number
  /** What the person saw. */
  text: string
}

/** A server over real git in a temporary folder, and a working tree to push from. */
class Bench {
  dir!: string
  work!: string
  api!: FakeApi
  repos!: Repositories
  reporter!: PushReporter
  server!: Listening
  pushes: Push[] = []
  enqueue: (push: Push) => Promise<void> = async push => void this.pushes.push(push)
  progress: (push: Push, signal: AbortSignal) => AsyncIterable<string> = async function* () {}
  stopping = new AbortController()

  async start({ autoCreate = true, authenticate = anyone as Authenticate, maxBytes = 0 } = {}): Promise<void> {
    this.dir = await mkdtemp(join(tmpdir(), 'slipway-git-'))
    this.work = join(this.dir, 'work')
    await mkdir(this.work)
    await this.git('init', '-q', '-b', 'main')
    this.api = fakeApi()
    await this.serve({ autoCreate, authenticate, maxBytes })
  }
  async serve({ autoCreate = true, authenticate = anyone as Authenticate, maxBytes = 0 } = {}): Promise<void> {
    this.repos = repositories(join(this.dir, 'repos'))
    const signal = this.stopping.signal
    this.reporter = pushReporter({
      repositories: this.repos,
      enqueue: p => this.enqueue(p),
      clock: systemClock,
      log: silentLog,
      signal,
    })
    const app = gitApp({
      repositories: this.repos,
      admission: admission(this.api, autoCreate),
      reporter: this.reporter,
      progress: (push, gone) => this.progress(push, gone),
      authenticate,
      maxBytes,
      log: silentLog,
      keepAliveMs: 5,
    })
    this.server = await listenAddresses(app, {
      plugin: 'git-server',
      port: 0,
      addresses: ['127.0.0.1'],
      clock: systemClock,
      log: silentLog,
    })
  }
  async stop(): Promise<void> {
    this.stopping.abort()
    await this.server.close()
    await this.reporter.settled()
    await rm(this.dir, { recursive: true, force: true })
  }
  url(path = 'demo/hello.git', login = ''): string {
    return `http://${login}127.0.0.1:${this.server.port}/${path}`
  }
  async git(...args: string[]): Promise<Told> {
    const env = {
      PATH: process.env.PATH!,
      HOME: this.dir,
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_AUTHOR_NAME: 'a',
      GIT_AUTHOR_EMAIL: 'a@example.com',
      GIT_COMMITTER_NAME: 'a',
      GIT_COMMITTER_EMAIL: 'a@example.com',
    }
    return run('git', args, { cwd: this.work, env }).then(
      ({ stdout, stderr }) => ({ code: 0, text: stdout + stderr }),
      error => ({ code: error.code, text: error.stdout + error.stderr }),
    )
  }
  async commit(message: string, file = 'index.js', content = message): Promise<string> {
    await writeFile(join(this.work, file), content)
    await this.git('add', '-A')
    await this.git('commit', '-q', '-m', message)
    return (await this.git('rev-parse', 'HEAD')).text.trim()
  }
}

describe('git server with real git', () => {
  let bench: Bench
  beforeEach(() => {
    bench = new Bench()
  })
  afterEach(() => bench.stop())

  it('takes a first push: repository, namespace and Repository are made, the push is queued and can be cloned', async () => {
    await bench.start()
    const commit = await bench.commit('one')
    expect(await bench.git('push', bench.url(), 'main')).to.include({ code: 0 })
    expect(bench.pushes).to.have.length(1)
    expect(bench.pushes[0]).to.include({
      namespace: 'demo',
      repository: 'hello',
      ref: 'refs/heads/main',
      commit,
      hasDockerfile: false,
    })
    expect(bench.api.all('Namespace').map(n => n.metadata.name)).to.deep.equal(['demo'])
    const [made] = bench.api.all('Repository') as Repository[]
    expect(made!.spec.branches).to.deep.equal(['main'])
    expect(await bench.git('clone', '-q', bench.url(), join(bench.dir, 'clone'))).to.include({ code: 0 })
    expect((await bench.git('-C', join(bench.dir, 'clone'), 'rev-parse', 'HEAD')).text.trim()).to.equal(commit)
    await bench.reporter.settled()
    expect(await bench.repos.pending({ namespace: 'demo', name: 'hello' })).to.deep.equal([])
  })

  it('shows the progress in the push’s own output, after the queue has it', async () => {
    await bench.start()
    bench.progress = async function* (push) {
      yield `building ${push.commit.slice(0, 7)}`
      await new Promise(resolve => setTimeout(resolve, 30))
      yield 'live at http://hello.demo.localhost:8080'
    }
    const commit = await bench.commit('one')
    const { code, text } = await bench.git('push', bench.url(), 'main')
    expect(code, text).to.equal(0)
    expect(text).to.match(
      new RegExp(`remote: building ${commit.slice(0, 7)}\\s+remote: live at http://hello.demo.localhost:8080`),
    )
    expect(text).to.contain('[new branch]')
  })

  it('reads push options, Dockerfiles and changed paths', async () => {
    await bench.start()
    await bench.commit('one')
    await bench.git('push', bench.url(), 'main')
    await bench.commit('two', 'Dockerfile', 'FROM scratch')
    await bench.git('push', '-o', 'canary=10', '-o', 'skip-build', bench.url(), 'main')
    expect(bench.pushes[1]!.options).to.deep.equal({ canary: '10', 'skip-build': '' })
    expect(bench.pushes[1]).to.deep.include({ hasDockerfile: true })
    expect(bench.pushes[1]).to.not.have.property('changed')
    await bench.api.patch(Repository, { namespace: 'demo', name: 'hello' }, 'merge', { spec: { paths: { include: ['x'] } } })
    await bench.commit('three', 'three.txt')
    await bench.git('push', bench.url(), 'main')
    expect(bench.pushes[2]!.changed).to.deep.equal(['three.txt'])
    expect(bench.pushes[1]!.receivedAt).to.be.greaterThan(bench.pushes[0]!.receivedAt)
  })

  it('reports several branches, a forced push and a deletion; tags are only kept', async () => {
    await bench.start()
    const first = await bench.commit('one')
    await bench.git('branch', 'other')
    await bench.git('tag', 'v1')
    const { text } = await bench.git('push', bench.url(), 'main', 'other', 'v1')
    expect(text).to.contain('remote: refs/tags/v1 received. Only branches are built.')
    expect(bench.pushes.map(p => p.ref)).to.have.members(['refs/heads/main', 'refs/heads/other'])
    await bench.git('commit', '-q', '--amend', '-m', 'again')
    expect((await bench.git('push', bench.url(), 'main')).code).to.not.equal(0)
    await bench.git('push', '--force', bench.url(), 'main')
    await bench.git('push', bench.url(), ':other')
    expect(bench.pushes.slice(2).map(p => [p.ref, /^0+$/.test(p.commit)])).to.deep.equal([
      ['refs/heads/main', false],
      ['refs/heads/other', true],
    ])
    // A build of the commit that was pushed over can still fetch it, by its id.
    const other = join(bench.dir, 'fetch')
    await bench.git('init', '-q', other)
    expect(await bench.git('-C', other, 'fetch', '-q', '--depth=1', bench.url(), first)).to.include({ code: 0 })
  })

  it('keeps an accepted push while the queue is away, says so, and queues it later', async () => {
    await bench.start()
    let away = true
    bench.enqueue = async push => {
      if (away) throw new Error('Redis is away')
      bench.pushes.push(push)
    }
    const commit = await bench.commit('one')
    const { code, text } = await bench.git('push', bench.url(), 'main')
    expect(code).to.equal(0)
    expect(text).to.contain('It will be built as soon as the queue is back')
    away = false
    await bench.reporter.catchUp()
    expect(bench.pushes.map(p => p.commit)).to.include(commit)
    await bench.reporter.settled()
    expect(await bench.repos.pending({ namespace: 'demo', name: 'hello' })).to.deep.equal([])
  })

  it('finds a push again that was accepted just before a crash', async () => {
    await bench.start()
    // Killed between git's update of the ref and the queue: as if enqueue never came back.
    bench.enqueue = () => new Promise(() => {})
    const commit = await bench.commit('one')
    const push = bench.git('push', bench.url(), 'main')
    while (
      !(await bench.repos.exists({ namespace: 'demo', name: 'hello' })) ||
      !(await bench.repos.pending({ namespace: 'demo', name: 'hello' })).length
    )
      await new Promise(resolve => setTimeout(resolve, 5))
    await bench.server.close()
    await push
    bench.enqueue = async p => void bench.pushes.push(p)
    await bench.serve()
    await bench.reporter.catchUp()
    expect(bench.pushes).to.have.length(1)
    expect(bench.pushes[0]).to.include({ commit, namespace: 'demo', repository: 'hello', ref: 'refs/heads/main' })
    await bench.reporter.catchUp()
    expect(bench.pushes).to.have.length(1)
  })

  it('a client that goes away stops only its own output', async () => {
    await bench.start()
    let gone: AbortSignal | undefined
    const began = new Promise<void>(resolve => {
      bench.progress = async function* (_, signal) {
        gone = signal
        yield 'building'
        resolve()
        await new Promise(stop => signal.addEventListener('abort', stop))
      }
    })
    await bench.commit('one')
    const push = spawn('git', ['push', bench.url(), 'main'], { cwd: bench.work, detached: true, stdio: 'ignore' })
    await began
    // The whole group, as Ctrl-C does: git has the connection in a child.
    process.kill(-push.pid!, 'SIGKILL')
    await new Promise(resolve => (gone!.aborted ? resolve(0) : gone!.addEventListener('abort', resolve)))
    expect(bench.pushes).to.have.length(1)
  })

  it('concurrent pushes of many branches all arrive', async () => {
    await bench.start()
    await bench.commit('one')
    await bench.git('push', bench.url(), 'main')
    const branches = Array.from({ length: 8 }, (_, i) => `b${i}`)
    for (const branch of branches) await bench.git('branch', branch)
    const told = await Promise.all(branches.map(b => bench.git('push', bench.url(), b)))
    expect(told.map(t => t.code)).to.deep.equal(branches.map(() => 0))
    expect(bench.pushes.slice(1).map(p => p.ref)).to.have.members(branches.map(b => `refs/heads/${b}`))
  })

  it('a branch with characters of a shell is a name like any other', async () => {
    await bench.start()
    await bench.commit('one')
    const name = "a;touch${IFS}x&&'q'`id`$(id)"
    expect(await bench.git('push', bench.url(), `HEAD:refs/heads/${name}`)).to.include({ code: 0 })
    expect(bench.pushes[0]!.ref).to.equal(`refs/heads/${name}`)
  })

  const refusals = [
    { name: 'a name with capitals', path: 'demo/Hello.git', wants: /"Hello" cannot be the name of a repository/ },
    { name: 'a namespace that is none', path: '-x/hello.git', wants: /cannot be the name of a namespace/ },
    { name: 'a path that climbs', path: 'demo/..%2f..%2fx.git', wants: /cannot be the name of a repository/ },
    {
      name: 'a namespace that does not exist',
      path: 'demo/hello.git',
      autoCreate: false,
      wants: /Create it: kubectl create namespace demo/,
    },
  ]
  for (const { name, path, autoCreate = true, wants } of refusals)
    it(`refuses ${name}, in words`, async () => {
      await bench.start({ autoCreate })
      await bench.commit('one')
      const { code, text } = await bench.git('push', bench.url(path), 'main')
      expect(code).to.not.equal(0)
      expect(text).to.match(wants)
      expect(bench.pushes).to.deep.equal([])
    })

  it('tells how to make the Repository where only that is missing', async () => {
    await bench.start({ autoCreate: false })
    bench.api.seed(objectOf(k8s.Namespace, { metadata: { name: 'demo' } } as never))
    await bench.commit('one')
    const { text } = await bench.git('push', bench.url(), 'main')
    expect(text).to.match(/has no Repository "hello"\. Create it: .*kind: Repository/)
    bench.api.seed(
      objectOf(Repository, { metadata: { name: 'hello', namespace: 'demo' }, spec: { branches: ['main'] } } as never),
    )
    expect(await bench.git('push', bench.url(), 'main')).to.include({ code: 0 })
  })

  it('refuses a pack beyond the limit, and nothing is left of it', async () => {
    await bench.start({ maxBytes: 2000 })
    await bench.commit('big', 'big.bin', Array.from({ length: 5000 }, () => Math.random().toString(36)).join(''))
    const { code, text } = await bench.git('push', bench.url(), 'main')
    expect(code).to.not.equal(0)
    expect(text).to.match(/exceeds maximum allowed size/)
    expect(bench.pushes).to.deep.equal([])
  })

  it('wants the token where one is set', async () => {
    await bench.start({ authenticate: sharedToken('s3cret') })
    await bench.commit('one')
    expect((await bench.git('push', bench.url(), 'main')).code).to.not.equal(0)
    expect((await bench.git('push', bench.url(undefined, 'me:wrong@'), 'main')).code).to.not.equal(0)
    expect(await bench.git('push', bench.url(undefined, 'me:s3cret@'), 'main')).to.include({ code: 0 })
    expect(bench.pushes[0]!.pusher).to.equal('me')
  })

  it('takes a push larger than what git sends in one piece, and says what is missing to a clone', async () => {
    await bench.start()
    await bench.commit('big', 'big.bin', Array.from({ length: 300_000 }, () => Math.random().toString(36)).join(''))
    expect(await bench.git('push', bench.url(), 'main')).to.include({ code: 0 })
    const { text } = await bench.git('clone', bench.url('demo/unknown.git'), join(bench.dir, 'c'))
    expect(text).to.contain('there is no repository demo/unknown')
  })
})

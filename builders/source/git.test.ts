import { execFileSync } from 'node:child_process'
import { access, readdir, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { type GitHttpServer, startGitServer } from '../testing/git-http-server.ts'
import { makeRepository, type TestRepository } from '../testing/git-repository.ts'
import { removeFolder, temporaryFolder, writeFiles } from '../testing/temporary.ts'
import { type GitSpec, gitSource } from './git.ts'
import { localhostSettings } from './git-command.ts'

describe('git source', function () {
  this.timeout(30_000)
  let root: string
  let server: GitHttpServer
  let repository: TestRepository
  let first: string
  let second: string
  let feature: string
  let pull: string
  let targets = 0

  before(async () => {
    root = await temporaryFolder('git')
    server = await startGitServer(join(root, 'served'))
    repository = await makeRepository(join(root, 'served/app.git'))
    first = await repository.commit('one', { 'a.txt': '1', 'sub/b.txt': 'b' })
    repository.git('tag', 'v1')
    second = await repository.commit('two', { 'a.txt': '2' })
    repository.git('checkout', '-q', '-b', 'feature/x')
    feature = await repository.commit('three', { 'a.txt': '3' })
    pull = await repository.commit('pull', { 'a.txt': '4' })
    repository.git('update-ref', 'refs/pull/7/head', pull)
    repository.git('reset', '-q', '--hard', feature)
    repository.git('checkout', '-q', 'main')
  })
  after(async () => {
    await server?.stop()
    await removeFolder(root)
  })

  const fetch = async (spec: Partial<GitSpec> = {}) => {
    const target = join(root, `target-${targets++}`)
    const lines: string[] = []
    const fetched = await gitSource.fetch({ url: `${server.url}/app.git`, ...spec }, { target, report: line => lines.push(line) })
    return { ...fetched, target, lines, file: (path: string) => readFile(join(target, path), 'utf8') }
  }

  const revisions: [string, () => string | undefined, () => string, string][] = [
    ['the default branch', () => undefined, () => second, '2'],
    ['a branch', () => 'main', () => second, '2'],
    ['a branch with a slash', () => 'feature/x', () => feature, '3'],
    ['a tag', () => 'v1', () => first, '1'],
    ['a whole commit', () => second, () => second, '2'],
    ['an older commit', () => first, () => first, '1'],
    ['a shortened commit', () => feature.slice(0, 8), () => feature, '3'],
    ['a full ref', () => 'refs/heads/main', () => second, '2'],
    ['a pull request', () => 'refs/pull/7/head', () => pull, '4'],
  ]
  for (const [name, revision, commit, content] of revisions)
    it(`fetches ${name}`, async () => {
      const got = await fetch({ revision: revision() })
      expect([got.commit, await got.file('a.txt')]).to.deep.equal([commit(), content])
    })

  it('fetches one commit unless more are asked for', async () => {
    const count = (target: string) =>
      execFileSync('git', ['-C', target, 'rev-list', '--count', 'HEAD'], { encoding: 'utf8' }).trim()
    expect(count((await fetch()).target)).to.equal('1')
    expect(count((await fetch({ depth: 0 })).target)).to.equal('2')
  })

  it('ends with the same when it runs again on what it left', async () => {
    const target = join(root, 'again')
    await gitSource.fetch({ url: `${server.url}/app.git`, revision: 'v1' }, { target })
    await writeFiles(target, { 'a.txt': 'changed' })
    await gitSource.fetch({ url: `${server.url}/app.git`, revision: 'main' }, { target })
    expect(await readFile(join(target, 'a.txt'), 'utf8')).to.equal('2')
  })

  it('fetches submodules, with relative addresses too', async () => {
    const inner = await makeRepository(join(root, 'served/inner.git'))
    await inner.commit('inner', { 'inner.txt': 'in' })
    const outer = await makeRepository(join(root, 'served/outer.git'))
    outer.git('-c', 'protocol.file.allow=always', 'submodule', '--quiet', 'add', join(root, 'served/inner.git'), 'lib')
    outer.git('config', '-f', '.gitmodules', 'submodule.lib.url', '../inner.git')
    await outer.commit('outer', {})
    const got = await fetch({ url: `${server.url}/outer.git` })
    expect(await got.file('lib/inner.txt')).to.equal('in')
    const without = await fetch({ url: `${server.url}/outer.git`, submodules: false })
    expect(await readdir(join(without.target, 'lib'))).to.deep.equal([])
  })

  it('refuses submodules that would run a program or read files of this machine', async () => {
    const evil = await makeRepository(join(root, 'served/evil.git'))
    const marker = join(root, 'marker')
    for (const url of [`ext::sh -c touch% ${marker}`, join(root, 'served/app.git')]) {
      await writeFiles(join(root, 'served/evil.git'), { '.gitmodules': `[submodule "x"]\n\tpath = x\n\turl = "${url}"\n` })
      evil.git('update-index', '--add', '--cacheinfo', `160000,${first},x`)
      evil.git('add', '.gitmodules')
      evil.git('commit', '-q', '-m', 'evil')
      const error = await fetch({ url: `${server.url}/evil.git` }).catch(e => e)
      expect(error, url).to.include({ reason: 'InvalidGitUrl', blame: 'user' })
    }
    expect(await access(marker).catch(() => 'absent')).to.equal('absent')
  })

  it('checks the sub-path, and can check out only that', async () => {
    const got = await fetch({ subPath: 'sub', sparse: true })
    expect(await got.file('sub/b.txt')).to.equal('b')
    expect(await fetch({ subPath: 'nope' }).catch(e => e)).to.include({ reason: 'SubPathNotFound', blame: 'user' })
    expect(await fetch({ subPath: '../..' }).catch(e => e)).to.include({ reason: 'SubPathNotFound' })
    await symlink('/etc', join(root, 'served/app.git/escape'))
    repository.git('checkout', '-q', '-b', 'escape')
    await repository.commit('escape', {})
    repository.git('checkout', '-q', 'main')
    expect((await fetch({ revision: 'escape', subPath: 'escape' }).catch(e => e)).message).to.match(/leads out of the source/)
  })

  const failures: { name: string; spec: () => Partial<GitSpec>; reason: string; message: RegExp; retry: string }[] = [
    {
      name: 'an unknown branch',
      spec: () => ({ revision: 'nope' }),
      reason: 'RevisionNotFound',
      message: /cannot fetch nope from http.*couldn't find remote ref nope; check the branch/,
      retry: 'never',
    },
    {
      name: 'an unknown commit',
      spec: () => ({ revision: 'f'.repeat(40) }),
      reason: 'RevisionNotFound',
      message: /f{40}/,
      retry: 'never',
    },
    {
      name: 'an unknown repository',
      spec: () => ({ url: `${server.url}/nope.git` }),
      reason: 'RepositoryNotFound',
      message: /check the URL/,
      retry: 'never',
    },
    {
      name: 'a server that is down',
      spec: () => ({ url: 'http://127.0.0.1:1/x.git' }),
      reason: 'GitUnreachable',
      message: /is the git server up/,
      retry: 'backoff',
    },
  ]
  for (const { name, spec, reason, message, retry } of failures)
    it(`says what is wrong with ${name}`, async () => {
      const error = await fetch(spec()).catch(e => e)
      expect(error).to.include({ reason, retry })
      expect(error.message).to.match(message)
    })

  it('logs in with what the URL or the credential file says, and keeps it out of files and messages', async () => {
    const guarded = await startGitServer(join(root, 'served'), { user: 'me', password: 'hunter2' })
    try {
      const url = guarded.url.replace('//', '//me:hunter2@')
      const got = await fetch({ url: `${url}/app.git` })
      expect(got.url).to.equal(`${guarded.url}/app.git`)
      expect(await got.file('.git/config')).to.not.match(/hunter2/)
      const refused = await fetch({ url: `${guarded.url.replace('//', '//me:wrong@')}/app.git` }).catch(e => e)
      expect(refused).to.include({ reason: 'GitUnauthorized', blame: 'user' })
      expect(refused.message).to.not.match(/wrong@/)
    } finally {
      await guarded.stop()
    }
  })

  it('makes libcurl heed the hosts file for names of this machine', async () => {
    const hosts = join(root, 'hosts')
    await writeFiles(root, { hosts: '127.0.0.1 other.localhost\n10.1.2.3 git.localhost\n' })
    const settings = (host: string) => localhostSettings({ protocol: 'http', host, port: 3000 }, hosts)
    expect(await settings('git.localhost')).to.deep.equal(['http.curloptResolve=git.localhost:3000:10.1.2.3'])
    expect(await settings('other.localhost')).to.deep.equal([])
    expect(await settings('example.com')).to.deep.equal([])
  })
})

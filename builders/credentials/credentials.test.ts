import { execFileSync } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { credentialsIn } from '../image/docker-config.ts'
import { removeFolder, temporaryFolder, writeFiles } from '../testing/temporary.ts'
import { credentialFiles } from './credential-files.ts'
import { parseUse } from './credential-flags.ts'
import { writeCredentials } from './write-credentials.ts'

const login = { username: 'me@x', password: 'p:/ss word\n' }
const contentOf = (files: ReturnType<typeof credentialFiles>, path: string) => files.find(f => f.path === path)?.content

describe('credential files', () => {
  it('of git over http', () => {
    const files = credentialFiles([parseUse('basic-git', 's=https://github.com')], { s: login })
    expect(contentOf(files, '.git-credentials')).to.equal('https://me%40x:p%3A%2Fss%20word@github.com\n')
    expect(contentOf(files, '.gitconfig')).to.match(/helper = store\n\[credential "https:\/\/github\.com"\]\n\tusername = "me@x"/)
  })
  it('of git over ssh, for several hosts', () => {
    const files = credentialFiles([parseUse('ssh-git', 'a=git@github.com'), parseUse('ssh-git', 'b=ssh://host:2222')], {
      a: { 'ssh-privatekey': 'KEY-A', known_hosts: 'github.com ssh-ed25519 AAA' },
      b: { 'ssh-privatekey': 'KEY-B\n' },
    })
    expect(contentOf(files, '.ssh/id_a')).to.equal('KEY-A\n')
    expect(contentOf(files, '.ssh/id_b')).to.equal('KEY-B\n')
    expect(contentOf(files, '.ssh/known_hosts')).to.equal('github.com ssh-ed25519 AAA\n')
    expect(contentOf(files, '.ssh/config')).to.match(
      /Host github\.com\n.*\n {2}User git\n {2}IdentityFile ~\/\.ssh\/id_a\n.*\n {2}StrictHostKeyChecking yes\nHost host\n.*\n {2}Port 2222/,
    )
    expect(files.filter(f => f.path.startsWith('.ssh')).every(f => f.mode === 0o600)).to.equal(true)
  })
  it('of registries, from logins and whole configurations', () => {
    const auth = Buffer.from('u:p').toString('base64')
    const files = credentialFiles(
      [
        parseUse('basic-docker', 'hub=https://index.docker.io/v1/'),
        parseUse('basic-docker', 's=https://r.io/v2/'),
        parseUse('config-docker', 'c'),
        parseUse('cfg-docker', 'd'),
      ],
      {
        hub: login,
        s: login,
        c: { '.dockerconfigjson': JSON.stringify({ auths: { 'c.io': { auth } } }) },
        d: { '.dockercfg': JSON.stringify({ 'd.io': { auth } }) },
      },
    )
    const config = JSON.parse(contentOf(files, '.docker/config.json')!)
    for (const registry of ['docker.io', 'r.io'])
      expect(credentialsIn(config, registry)).to.deep.equal({ username: 'me@x', password: 'p:/ss word' })
    for (const registry of ['c.io', 'd.io'])
      expect(credentialsIn(config, registry)).to.deep.equal({ username: 'u', password: 'p' })
  })

  const failures: [string, () => unknown, RegExp][] = [
    ['a secret that is not there', () => credentialFiles([parseUse('basic-git', 's=https://x')], {}), /secret s is not mounted/],
    [
      'a missing key',
      () => credentialFiles([parseUse('basic-git', 's=https://x')], { s: { username: 'u' } }),
      /secret s has no key "password".*it has username/,
    ],
    [
      'a configuration that is not JSON',
      () => credentialFiles([parseUse('config-docker', 's')], { s: { '.dockerconfigjson': '{' } }),
      /secret s .*not JSON/,
    ],
    ['no URL', () => parseUse('basic-git', 's'), /SECRET=URL/],
    ['a URL with a line break', () => parseUse('basic-git', 's=https://x\n[core]'), /SECRET=URL/],
    ['a path for a name', () => parseUse('basic-git', '../s=https://x'), /not the name of a secret/],
  ]
  for (const [name, run, message] of failures) it(`refuse ${name}`, () => expect(run).to.throw(message))

  it('are written privately, and git reads them', async () => {
    const root = await temporaryFolder('credentials')
    try {
      await writeFiles(root, { 'secrets/s/username': 'me', 'secrets/s/password': 'secret', 'secrets/s/..data/x': '' })
      const home = join(root, 'home')
      await writeCredentials([parseUse('basic-git', 's=https://example.com')], join(root, 'secrets'), home)
      expect((await stat(join(home, '.git-credentials'))).mode & 0o777).to.equal(0o600)
      const filled = execFileSync('git', ['credential', 'fill'], {
        input: 'protocol=https\nhost=example.com\n\n',
        env: { PATH: process.env.PATH, HOME: home },
        encoding: 'utf8',
      })
      expect(filled).to.match(/username=me\npassword=secret/)
      expect(await readFile(join(home, '.gitconfig'), 'utf8')).to.not.match(/secret/)
    } finally {
      await removeFolder(root)
    }
  })
})

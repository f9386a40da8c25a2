import { expect } from 'chai'
import fc from 'fast-check'
import { isBuildFailure } from '../failure/index.ts'
import { parseRevision } from './git-revision.ts'
import { parseGitUrl } from './git-url.ts'

describe('git URLs', () => {
  const good: [string, string, string][] = [
    ['https://github.com/a/b.git', 'https', 'https://github.com/a/b.git'],
    ['https://user:pass@example.com/x', 'https', 'https://example.com/x'],
    ['http://git.localhost:3000/demo/hello.git', 'http', 'http://git.localhost:3000/demo/hello.git'],
    ['ssh://git@example.com:22/x', 'ssh', 'ssh://git@example.com:22/x'],
    ['git@github.com:a/b.git', 'ssh', 'git@github.com:a/b.git'],
    ['git://example.com/x', 'git', 'git://example.com/x'],
  ]
  for (const [text, protocol, shown] of good) it(`takes ${text}`, () => expect(parseGitUrl(text)).to.include({ protocol, shown }))

  const bad: [string, RegExp][] = [
    ['ext::sh -c id', /control characters/],
    ['ext::sh', /could run any program/],
    ['fd::17', /could run any program/],
    ['file:///etc', /"file" is not allowed/],
    ['/srv/repo', /path on this machine/],
    ['../repo', /path on this machine/],
    ['--upload-pack=id', /like an option/],
    ['ssh://-oProxyCommand=id/x', /no usable host|malformed/],
    ['ssh://-x@host/x', /no usable host/],
    ['git@-oProxyCommand=x:y', /path on this machine/],
    ['git@host:-x', /path on this machine/],
    ['https://exa mple.com/x', /control characters/],
    ['https://host/x\n[core]', /control characters/],
    ['ftp://host/x', /"ftp" is not allowed/],
    ['', /no protocol/],
  ]
  for (const [text, message] of bad)
    it(`refuses ${JSON.stringify(text)}`, () =>
      expect(() => parseGitUrl(text))
        .to.throw(message)
        .with.property('reason', 'InvalidGitUrl'))

  it('never takes what git could read as an option or another transport', () =>
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webUrl(), fc.stringMatching(/^[-a-z:@/.]{0,20}$/)), text => {
        try {
          const { protocol } = parseGitUrl(text)
          expect(text).to.not.match(/^-|::|[\s]/)
          expect(['http', 'https', 'ssh', 'git']).to.include(protocol)
        } catch (error) {
          if (!isBuildFailure(error)) throw error
        }
      }),
    ))
})

describe('git revisions', () => {
  const kinds: [string | undefined, string][] = [
    [undefined, 'head'],
    ['HEAD', 'head'],
    ['main', 'name'],
    ['release/1.2', 'name'],
    ['v1.0.0', 'name'],
    ['refs/pull/12/head', 'ref'],
    ['a'.repeat(40), 'commit'],
    ['deadbeef', 'short'],
    ['dead', 'short'],
    ['feed-me', 'name'],
  ]
  for (const [text, kind] of kinds) it(`${text} is a ${kind}`, () => expect(parseRevision(text).kind).to.equal(kind))
  for (const text of [
    '-x',
    '--upload-pack=x',
    'a..b',
    'a b',
    'a:b',
    '+refs/heads/*',
    'a~1',
    'a^',
    '@{u}',
    '/x',
    'x/',
    'x.lock',
    '.x',
    'a//b',
    'x.',
    '@',
    'a\u0000',
  ])
    it(`refuses ${JSON.stringify(text)}`, () =>
      expect(() => parseRevision(text))
        .to.throw()
        .with.property('reason', 'InvalidRevision'))
})

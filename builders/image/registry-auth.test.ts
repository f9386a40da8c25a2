import { expect } from 'chai'
import { credentialsIn, type DockerConfig } from './docker-config.ts'
import { addressInHosts, isLocalName } from './local-name.ts'
import { parseChallenges } from './registry-auth.ts'

describe('parseChallenges', () => {
  const cases: [string, ReturnType<typeof parseChallenges>][] = [
    ['Basic realm="a b"', [{ scheme: 'basic', parameters: { realm: 'a b' } }]],
    [
      'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push"',
      [
        {
          scheme: 'bearer',
          parameters: { realm: 'https://auth.docker.io/token', service: 'registry.docker.io', scope: 'repository:a/b:pull,push' },
        },
      ],
    ],
    [
      'Negotiate, Basic realm=x',
      [
        { scheme: 'negotiate', parameters: {} },
        { scheme: 'basic', parameters: { realm: 'x' } },
      ],
    ],
    ['Basic realm="say \\"hi\\""', [{ scheme: 'basic', parameters: { realm: 'say "hi"' } }]],
  ]
  for (const [header, want] of cases) it(header, () => expect(parseChallenges(header)).to.deep.equal(want))
})

describe('credentialsIn', () => {
  const auth = Buffer.from('me:pa:ss').toString('base64')
  const cases: { name: string; auths: DockerConfig['auths']; registry: string; want: unknown }[] = [
    { name: 'by host', auths: { 'r:5000': { auth } }, registry: 'r:5000', want: { username: 'me', password: 'pa:ss' } },
    { name: 'by URL', auths: { 'https://r.io/v2/': { auth } }, registry: 'r.io', want: { username: 'me', password: 'pa:ss' } },
    {
      name: 'Docker Hub',
      auths: { 'https://index.docker.io/v1/': { username: 'u', password: 'p' } },
      registry: 'docker.io',
      want: { username: 'u', password: 'p' },
    },
    { name: 'identity token', auths: { r: { auth, identitytoken: 't' } }, registry: 'r', want: { identityToken: 't' } },
    { name: 'another host', auths: { 'r:5000': { auth } }, registry: 'r', want: undefined },
    { name: 'nothing at all', auths: {}, registry: 'r', want: undefined },
  ]
  for (const { name, auths, registry, want } of cases)
    it(name, () => expect(credentialsIn({ auths }, registry)).to.deep.equal(want))
})

describe('local names', () => {
  for (const [host, local] of [
    ['localhost:5000', true],
    ['registry.localhost', true],
    ['127.1.2.3:80', true],
    ['[::1]:5000', true],
    ['localhost.example.com', false],
    ['127.example.com', false],
    ['10.0.0.1', false],
  ] as const)
    it(`${host}: ${local}`, () => expect(isLocalName(host)).to.equal(local))

  it('reads a hosts file', () => {
    const text =
      '# comment\n127.0.0.1 localhost\n10.1.0.1\tgit.localhost  Registry.localhost # the node\nbad registry.localhost\n'
    expect(addressInHosts(text, 'registry.localhost')).to.equal('10.1.0.1')
    expect(addressInHosts(text, 'other.localhost')).to.equal(undefined)
  })
})

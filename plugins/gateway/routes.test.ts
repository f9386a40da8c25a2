import { type KubeObject, objectOf } from '@slipway/core/api'
import { Ingress, type IngressSplit } from '@slipway/core/api/serving'
import { recordedExchange } from '@slipway/core/http/testing'
import { expect } from 'chai'
import fc from 'fast-check'
import { ingressStatus } from './ingress-status.ts'
import { routeHop } from './route-hop.ts'
import { canonicalHost, compileRoutes, type RouteTable, stickyAnnotation } from './routes.ts'

type Path = Ingress['spec']['rules'][number]['http']['paths'][number]
const to = (serviceName: string, percent = 100): IngressSplit => ({
  serviceNamespace: 'demo',
  serviceName,
  servicePort: 80,
  percent,
})
const ingress = (
  name: string,
  hosts: string[],
  paths: Path[],
  {
    visibility = 'ExternalIP' as 'ExternalIP' | 'ClusterLocal',
    ...metadata
  }: Partial<KubeObject['metadata']> & { visibility?: 'ExternalIP' | 'ClusterLocal' } = {},
): Ingress =>
  objectOf(Ingress, {
    metadata: { name, namespace: 'demo', creationTimestamp: '2026-01-01T00:00:00Z', generation: 2, ...metadata },
    spec: { httpOption: 'Enabled', rules: [{ hosts, visibility, http: { paths } }] },
  })

function asker(table: RouteTable, which: 'external' | 'internal' = 'external') {
  let went: string | undefined
  const hop = routeHop(
    () => table[which],
    (_exchange, { name }) => {
      went = name
    },
  )
  return (host: string, url = '/', headers: string[] = []) => {
    went = undefined
    const recorded = recordedExchange({ host, url, headers })
    hop(recorded.exchange)
    return went ?? `${recorded.status} ${recorded.body.trim()}`
  }
}
const asks = (...ingresses: Ingress[]) => asker(compileRoutes(ingresses).table)

describe('gateway routes', () => {
  const simple = ingress('hello', ['hello.demo.localhost'], [{ splits: [to('hello-1')] }])

  it('finds a host whatever its case, port or final dot', () => {
    const ask = asks(simple)
    for (const host of ['hello.demo.localhost', 'Hello.Demo.Localhost:8080', 'hello.demo.localhost.'])
      expect(ask(host)).to.equal('hello-1')
  })
  it('says which hosts it knows to those who ask for another', () => {
    expect(asks(simple)('x.localhost')).to.equal('404 no route for host "x.localhost". Known here: hello.demo.localhost.')
    expect(asks()('x.localhost')).to.equal('404 no route for host "x.localhost". No route is known here yet.')
  })
  it('serves cluster-local hosts inside only, and all others inside too', () => {
    const { table } = compileRoutes([
      simple,
      ingress('local', ['local.demo'], [{ splits: [to('local-1')] }], { visibility: 'ClusterLocal' }),
    ])
    expect(asker(table)('local.demo')).to.match(/^404/)
    expect(asker(table, 'internal')('local.demo')).to.equal('local-1')
    expect(asker(table, 'internal')('hello.demo.localhost')).to.equal('hello-1')
  })
  it('takes the most particular path, ending at a segment', () => {
    const ask = asks(
      ingress(
        'p',
        ['h'],
        [{ splits: [to('all')] }, { path: '/api', splits: [to('api')] }, { path: '/api/v2', splits: [to('v2')] }],
      ),
    )
    expect(['/', '/api', '/api?x', '/api/x', '/apis', '/api/v2/x'].map(url => ask('h', url))).to.deep.equal([
      'all',
      'api',
      'api',
      'api',
      'all',
      'v2',
    ])
  })
  it('lets a header pick a tag', () => {
    const ask = asks(
      ingress(
        't',
        ['h'],
        [{ splits: [to('main')] }, { headers: { 'Knative-Serving-Tag': { exact: 'canary' } }, splits: [to('tagged')] }],
      ),
    )
    expect(ask('h', '/', ['knative-serving-tag', 'canary'])).to.equal('tagged')
    expect(ask('h', '/', ['knative-serving-tag', 'other'])).to.equal('main')
  })
  it('splits 80 to 20 exactly, also while other Ingresses change', () => {
    const split = ingress('s', ['h'], [{ splits: [to('old', 80), to('new', 20)] }])
    let { table, splits } = compileRoutes([split])
    const seen: string[] = []
    for (let i = 0; i < 1000; i++) {
      if (i % 7 === 0) ({ table, splits } = compileRoutes([split, ingress(`x${i}`, [`x${i}`], [{ splits: [to('x')] }])], splits))
      seen.push(asker(table)('h'))
    }
    expect(seen.filter(name => name === 'new')).to.have.length(200)
    for (let from = 0; from < 900; from += 13)
      expect(seen.slice(from, from + 100).filter(name => name === 'new')).to.have.length(20)
  })
  it('keeps a client to one share where asked to', () => {
    const ask = asks(
      ingress('s', ['h'], [{ splits: [to('old', 80), to('new', 20)] }], { annotations: { [stickyAnnotation]: 'cookie=id' } }),
    )
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9a-f]{1,12}$/), id => {
        const first = ask('h', '/', ['cookie', `a=b; id=${id}`])
        for (let i = 0; i < 5; i++) expect(ask('h', '/', ['cookie', `id=${id}`])).to.equal(first)
      }),
    )
    const shares = Array.from({ length: 2000 }, (_, i) => ask('h', '/', ['cookie', `id=user-${i}`]))
    expect(shares.filter(name => name === 'new').length).to.be.within(300, 500)
  })
  it('leaves a host with the older Ingress, and tells the younger', () => {
    const young = ingress('young', ['hello.demo.localhost'], [{ splits: [to('other')] }], {
      creationTimestamp: '2026-02-01T00:00:00Z',
    })
    const { table } = compileRoutes([young, simple])
    expect(asker(table)('hello.demo.localhost')).to.equal('hello-1')
    const conflict = table.conflicts.get('demo/young')
    const status = ingressStatus({ ingress: young, conflict, external: 'a', internal: 'b' }, 0)
    expect(status.conditions?.find(c => c.type === 'Ready')).to.include({ status: 'False', reason: 'HostConflict' })
  })
  it('never confuses two hosts', () => {
    fc.assert(fc.property(fc.domain(), host => canonicalHost(`${host.toUpperCase()}:1`) === host.toLowerCase()))
  })
})
describe('ingress status', () => {
  it('says Ready, for this generation', () => {
    const status = ingressStatus(
      { ingress: ingress('a', ['h'], []), conflict: undefined, external: '127.0.0.1:8080', internal: '127.0.0.1:9' },
      0,
    )
    expect(status.observedGeneration).to.equal(2)
    expect(status.conditions?.map(c => `${c.type}=${c.status}`)).to.deep.equal([
      'LoadBalancerReady=True',
      'NetworkConfigured=True',
      'Ready=True',
    ])
    expect(status.publicLoadBalancer?.ingress[0]?.domainInternal).to.equal('127.0.0.1:8080')
  })
})

import type { Ingress, Route } from '@slipway/core/api/serving'
import { expect } from 'chai'
import { desiredRoute, type RouteView } from './route.desired.ts'
import { config, configuration, now, ready, readyIngress, revision, route, shortly } from './testing.ts'

const found = {
  configuration: () => configuration(2, { status: { latestReadyRevisionName: 'hello-00002' } as never }),
  revision: (name: string) => (name === 'gone' ? undefined : revision(name, 1, ready('True'))),
}
const view = (traffic: Route['spec']['traffic'], more: Partial<RouteView> = {}): RouteView => ({
  route: route(traffic),
  found,
  ingress: undefined,
  config,
  ...more,
})
const canary: Route['spec']['traffic'] = [
  { tag: 'current', revisionName: 'hello-00001', percent: 80 },
  { tag: 'candidate', revisionName: 'hello-00002', percent: 20 },
]
const ingressIn = (seen: RouteView) => desiredRoute(seen, now).children![0] as Ingress

describe('desiredRoute', () => {
  it('gives each revision its share of the main host', () => {
    const [rule] = ingressIn(view(canary)).spec.rules
    expect(rule!.hosts).to.deep.equal(['hello.demo.example.com'])
    expect(rule!.http.paths.at(-1)!.splits.map(s => [s.serviceName, s.percent])).to.deep.equal([
      ['hello-00001', 80],
      ['hello-00002', 20],
    ])
  })

  it('gives each tag its hosts, new and old', () => {
    const hosts = ingressIn(view(canary))
      .spec.rules.filter(r => r.visibility === 'ExternalIP')
      .flatMap(r => r.hosts)
    expect(hosts).to.deep.equal([
      'hello.demo.example.com',
      'current-hello.demo.example.com',
      'current.hello.demo.example.com',
      'candidate-hello.demo.example.com',
      'candidate.hello.demo.example.com',
    ])
  })

  it('lets the tag header choose', () => {
    const [rule] = ingressIn(view(canary)).spec.rules
    expect(
      rule!.http.paths.slice(0, 2).map(p => [p.headers!['Knative-Serving-Tag']!.exact, p.splits[0]!.serviceName]),
    ).to.deep.equal([
      ['current', 'hello-00001'],
      ['candidate', 'hello-00002'],
    ])
  })

  it('is reached from inside only, where the label says so', () => {
    const local = route(canary)
    local.metadata.labels = { 'networking.knative.dev/visibility': 'cluster-local' }
    const { children, status } = desiredRoute(view(canary, { route: local }), now)
    expect((children![0] as Ingress).spec.rules.map(r => r.visibility)).to.not.include('ExternalIP')
    expect(status).to.include({ url: 'http://hello.demo.svc.cluster.local' })
  })

  it('names the port in URLs where it is not the usual one', () => {
    expect(desiredRoute(view(canary, { config: { ...config, externalPort: 8080 } }), now).status).to.include({
      url: 'http://hello.demo.example.com:8080',
    })
  })

  const states = [
    {
      name: 'no ingress yet',
      ingress: undefined,
      conditions: {
        AllTrafficAssigned: 'True',
        IngressReady: 'Unknown IngressNotConfigured',
        Ready: 'Unknown IngressNotConfigured',
      },
    },
    {
      name: 'an ingress that is ready',
      ingress: readyIngress(ingressIn(view(canary)).spec),
      conditions: { AllTrafficAssigned: 'True', IngressReady: 'True', Ready: 'True' },
    },
    {
      name: 'an ingress of other shares',
      ingress: readyIngress(ingressIn(view([{ revisionName: 'hello-00001', percent: 100 }])).spec),
      conditions: {
        AllTrafficAssigned: 'True',
        IngressReady: 'Unknown IngressNotConfigured',
        Ready: 'Unknown IngressNotConfigured',
      },
    },
  ]
  for (const { name, ingress, conditions } of states)
    it(`${name}: ${conditions.Ready}`, () =>
      expect(shortly(desiredRoute(view(canary, { ingress }), now).status?.conditions)).to.deep.equal(conditions))

  it('leaves the ingress as it is while a revision is missing', () => {
    const { children, status } = desiredRoute(view([{ revisionName: 'gone', percent: 100 }]), now)
    expect(children).to.deep.equal([])
    expect(shortly(status?.conditions)).to.include({
      AllTrafficAssigned: 'False RevisionMissing',
      Ready: 'False RevisionMissing',
    })
  })
})

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isStatus } from '@slipway/core/api'
import { expect } from 'chai'
import { builtinResources } from '../builtin/registry.ts'
import type { ResourceRegistry, ServedResource } from '../served-resource.ts'
import { compareVersions } from './compare-versions.ts'
import { discoveryHandler } from './discovery-handler.ts'

const widget = {
  ...builtinResources()[1]!,
  group: 'g.dev',
  version: 'v1',
  kind: 'Widget',
  resource: 'widgets',
  singular: 'widget',
  shortNames: ['w'],
  categories: ['all'],
  builtin: false,
  hasStatus: true,
  scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' },
} as ServedResource

describe('discovery', () => {
  let server: Server
  let base: string
  const resources = builtinResources()
  const registry = { version: 1, all: () => resources, find: () => undefined, byKind: () => undefined } as ResourceRegistry & {
    version: number
  }

  before(async () => {
    const handler = discoveryHandler(registry)
    server = createServer((request, response) => {
      try {
        handler(request, response, () => response.writeHead(404).end())
      } catch (error) {
        response.writeHead(isStatus(error) ? error.code : 500).end()
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => void server.close())

  const get = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(base + path, { headers })
    const text = await response.text()
    return {
      code: response.status,
      type: response.headers.get('content-type'),
      etag: response.headers.get('etag'),
      body: text ? JSON.parse(text) : undefined,
    }
  }
  const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

  it('lists the core versions and the groups, each with its preferred version', async () => {
    expect((await get('/api')).body.versions).to.deep.equal(['v1'])
    const { groups } = (await get('/apis')).body
    expect(groups.find((g: { name: string }) => g.name === 'autoscaling').preferredVersion.version).to.equal('v2')
    expect((await get('/apis/apps')).body.kind).to.equal('APIGroup')
  })
  it('lists resources with their subresources', async () => {
    const { resources: found } = (await get('/apis/apps/v1')).body
    expect(found.map((r: { name: string }) => r.name)).to.include.members([
      'deployments',
      'deployments/scale',
      'deployments/status',
    ])
    expect(found.find((r: { name: string }) => r.name === 'deployments').storageVersionHash).to.equal('8aSe+NMegvE=')
  })
  it('gives all in one document to those who ask for it, and answers 304 to those who have it', async () => {
    const first = await get('/apis', { accept: `${aggregated},application/json` })
    expect(first.type).to.equal(aggregated)
    expect(first.body.items[0].versions[0].freshness).to.equal('Current')
    expect((await get('/apis', { accept: aggregated, 'if-none-match': first.etag! })).code).to.equal(304)
  })
  it('falls back to what else the client takes, and answers 406 where there is nothing', async () => {
    const old = 'application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'
    expect((await get('/apis', { accept: `${old},application/json` })).body.kind).to.equal('APIGroupList')
    expect((await get('/apis', { accept: old })).code).to.equal(406)
  })
  it('passes on what is not served', async () => {
    expect((await get('/apis/nowhere.dev')).code).to.equal(404)
    expect((await get('/apis/apps/v9')).code).to.equal(404)
  })
  it('shows a change at once', async () => {
    resources.push(widget)
    registry.version++
    const { resources: found } = (await get('/apis/g.dev/v1')).body
    expect(found.map((r: { name: string }) => r.name)).to.deep.equal(['widgets', 'widgets/status', 'widgets/scale'])
    resources.pop()
    registry.version++
    expect((await get('/apis/g.dev/v1')).code).to.equal(404)
  })
  it('orders versions as Kubernetes does', () =>
    expect(['v1alpha1', 'foo', 'v10', 'v1', 'v1beta2', 'v2', 'v1beta1'].sort(compareVersions)).to.deep.equal([
      'v10',
      'v2',
      'v1',
      'v1beta2',
      'v1beta1',
      'v1alpha1',
      'foo',
    ]))
})

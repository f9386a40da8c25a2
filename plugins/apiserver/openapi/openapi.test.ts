import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isStatus } from '@slipway/core/api'
import { allKinds } from '@slipway/core/api/kinds'
import { fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { builtinResources } from '../builtin/registry.ts'
import { servedFromKind } from '../crd/kinds.ts'
import type { ResourceRegistry } from '../served-resource.ts'
import { openApiHandler } from './openapi-handler.ts'

const references = (value: unknown): string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([key, inner]) => (key === '$ref' && typeof inner === 'string' ? [inner] : references(inner)))

// biome-ignore lint/suspicious/noExplicitAny: documents are looked into at a few places only
type Document = any

describe('OpenAPI', () => {
  let server: Server
  let base: string
  const resources = [...builtinResources(), ...allKinds.map(kind => servedFromKind(kind))]
  const registry: ResourceRegistry = { version: 1, all: () => resources, find: () => undefined, byKind: () => undefined }

  before(async () => {
    const handler = openApiHandler(registry, fakeClock())
    server = createServer((request, response) => {
      try {
        handler(request, response, () => response.writeHead(404).end('next'))
      } catch (error) {
        response.writeHead(isStatus(error) ? error.code : 500).end()
      }
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => void server.close())
  const get = (path: string, headers: Record<string, string> = {}) => fetch(base + path, { headers, redirect: 'manual' })
  const json = async (path: string): Promise<Document> => (await get(path)).json()

  it('points to each version’s document by its hash', async () => {
    const { paths } = await json('/openapi/v3')
    const url = paths['apis/apps/v1'].serverRelativeURL
    expect(url).to.match(/^\/openapi\/v3\/apis\/apps\/v1\?hash=[0-9A-F]+$/)
    expect((await get(url)).headers.get('cache-control')).to.equal('public, immutable')
    const old = await get('/openapi/v3/apis/apps/v1?hash=OLD')
    expect([old.status, old.headers.get('location')]).to.deep.equal([301, url])
  })
  it('refers to nothing that is not in the document, in every document', async () => {
    const { paths } = await json('/openapi/v3')
    for (const path of Object.keys(paths)) {
      const document = await json(`/openapi/v3/${path}`)
      const names = Object.keys(document.components.schemas)
      for (const reference of references(document))
        expect(names, path).to.include(reference.slice('#/components/schemas/'.length))
    }
    const v2 = await json('/openapi/v2')
    for (const reference of references(v2)) expect(v2.definitions).to.have.property(reference.slice('#/definitions/'.length))
  }).timeout(20_000)
  it('tells kubectl which parameters a kind takes', async () => {
    const { paths } = await json('/openapi/v3/apis/serving.knative.dev/v1')
    const { patch } = paths['/apis/serving.knative.dev/v1/namespaces/{namespace}/services/{name}']
    expect(patch['x-kubernetes-group-version-kind']).to.deep.equal({
      group: 'serving.knative.dev',
      version: 'v1',
      kind: 'Service',
    })
    expect(patch.parameters.map((p: { name: string }) => p.name)).to.include.members([
      'fieldValidation',
      'dryRun',
      'fieldManager',
    ])
  })
  it('describes fields', async () => {
    const { components } = await json('/openapi/v3/api/v1')
    expect(components.schemas['io.k8s.api.core.v1.PodSpec'].properties.containers.description).to.match(/List of containers/)
    expect(components.schemas['io.k8s.api.core.v1.Pod']['x-kubernetes-group-version-kind']).to.deep.equal([
      { group: '', kind: 'Pod', version: 'v1' },
    ])
  })
  it('describes a pod’s fields within other kinds', async () => {
    const { components } = await json('/openapi/v3/apis/serving.knative.dev/v1')
    const { spec } = components.schemas['dev.knative.serving.v1.Service'].properties
    expect(spec.properties.template.properties.spec.properties.containers.items.properties.image.description).to.match(
      /^Container image name/,
    )
  })
  it('gives v2 in protobuf to client-go', async () => {
    const type = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf'
    const answer = await get('/openapi/v2', { accept: type })
    expect(answer.headers.get('content-type')).to.equal('application/com.github.proto-openapi.spec.v2.v1.0+protobuf')
    const body = Buffer.from(await answer.arrayBuffer())
    expect(body.subarray(0, 5).toString('latin1')).to.equal('\n\x032.0')
    expect(body.includes('io.k8s.api.core.v1.PodSpec')).to.equal(true)
  })
  it('answers 304, 404 and 406 where they are due', async () => {
    const { headers } = await get('/openapi/v3/api/v1')
    expect((await get('/openapi/v3/api/v1', { 'if-none-match': headers.get('etag')! })).status).to.equal(304)
    expect((await get('/openapi/v3/apis/nowhere.dev/v1')).status).to.equal(404)
    expect((await get('/openapi/v3/api/v1', { accept: 'application/x-protobuf' })).status).to.equal(406)
  })
})

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { baseLayout } from '../testing/base-layout.ts'
import { type DockerRegistry, missingDockerRegistry, startDockerRegistry } from '../testing/docker-registry.ts'
import { removeFolder, temporaryFolder } from '../testing/temporary.ts'
import { sha256 } from './digest.ts'
import type { RegistryCredentials } from './docker-config.ts'
import { readBody } from './http.ts'
import { imageManifest, type Manifest, stored } from './manifest.ts'
import { mediaType } from './media-type.ts'
import { parsePlatform } from './platform.ts'
import { atDigest, parseReference } from './reference.ts'
import { createRegistryClient, type RegistryClient } from './registry-client.ts'
import { copyImage, fromRegistry, toRegistry } from './transfer.ts'

const text = 'hello, layers'
const blob = { mediaType: mediaType.layer, digest: sha256(text), size: text.length }
const opened = async function* () {
  yield Buffer.from(text)
}

describe('registry client', () => {
  let server: Server
  let host: string
  let handle: (request: IncomingMessage, response: ServerResponse, path: string) => void
  let waits: number[]
  const seen: string[] = []
  const clients: RegistryClient[] = []

  before(async () => {
    server = createServer((request, response) => {
      seen.push(`${request.method} ${request.url}`)
      handle(request, response, new URL(request.url!, 'http://x').pathname)
    })
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    host = `registry.localhost:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    for (const client of clients) client.close()
    server.closeAllConnections()
    server.close()
  })
  beforeEach(() => {
    waits = []
    seen.length = 0
  })
  const connect = (credentials?: RegistryCredentials) => {
    const client = createRegistryClient({
      credentials: async () => credentials,
      retry: { wait: async ms => void waits.push(ms), random: () => 1 },
    })
    clients.push(client)
    return client
  }
  const at = (name = 'app') => parseReference(`${host}/${name}`)
  const failing = (status: number, code?: string, headers: Record<string, string> = {}) => {
    handle = (_request, response) =>
      response.writeHead(status, headers).end(code && JSON.stringify({ errors: [{ code, message: 'said' }] }))
  }

  const failures: [string, number, string | undefined, { reason: string; retry: string; blame: string }, number][] = [
    ['an unknown blob', 404, 'BLOB_UNKNOWN', { reason: 'BlobUnknown', retry: 'never', blame: 'user' }, 1],
    ['a refusal', 403, 'DENIED', { reason: 'Denied', retry: 'never', blame: 'user' }, 1],
    ['a full disk', 507, 'UNKNOWN', { reason: 'StorageFull', retry: 'never', blame: 'system' }, 1],
    ['a broken proxy', 502, undefined, { reason: 'RegistryFailed', retry: 'backoff', blame: 'system' }, 5],
    ['a server that is overloaded', 503, 'TOOMANYREQUESTS', { reason: 'Toomanyrequests', retry: 'backoff', blame: 'system' }, 5],
  ]
  for (const [name, status, code, want, tries] of failures)
    it(`reports ${name} after ${tries} tries`, async () => {
      failing(status, code)
      const error = await connect()
        .fetchBlob(at(), blob)
        .catch(e => e)
      expect(error).to.include(want)
      expect(error.message).to.match(/cannot pull blob sha256:\w+ of registry\.localhost:\d+\/app: the registry answered/)
      expect(seen).to.have.length(tries)
    })

  it('backs off exponentially, or as long as the registry asks', async () => {
    failing(503)
    await connect()
      .fetchBlob(at(), blob)
      .catch(() => {})
    expect(waits).to.deep.equal([100, 200, 400, 800])
    waits = []
    failing(429, 'TOOMANYREQUESTS', { 'retry-after': '2' })
    await connect()
      .fetchBlob(at(), blob)
      .catch(() => {})
    expect(waits).to.deep.equal([2000, 2000, 2000, 2000])
  })

  it('says so when nothing listens', async () => {
    const error = await connect()
      .fetchManifest(parseReference('registry.localhost:1/app'))
      .catch(e => e)
    expect(error).to.include({ reason: 'RegistryUnreachable', blame: 'system' })
    expect(error.message).to.match(/nothing listens there; is the registry running/)
  })

  it('takes a blob up where its connection broke', async () => {
    const ranges: (string | undefined)[] = []
    handle = (request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      ranges.push(request.headers.range)
      const rest = text.slice(from)
      response.writeHead(from ? 206 : 200, { 'content-length': rest.length })
      if (from > 8) return void response.end(rest)
      response.write(rest.slice(0, 5), () => response.destroy())
    }
    expect((await connect().fetchBytes(at(), blob)).toString()).to.equal(text)
    expect(ranges).to.deep.equal([undefined, 'bytes=5-', 'bytes=10-'])
  })

  it('refuses content that differs from its digest, and more than was promised', async () => {
    for (const body of ['hello, liars!', `${text} and more`]) {
      handle = (_request, response) => response.end(body)
      const error = await connect()
        .fetchBytes(at(), blob)
        .catch(e => e)
      expect(error).to.include({ reason: 'DigestMismatch' })
    }
  })

  it('follows a redirect to a blob store without the login', async () => {
    const store = createServer((request, response) => response.end(request.headers.authorization ? 'leaked' : text))
    await new Promise<void>(resolve => store.listen(0, '127.0.0.1', resolve))
    try {
      handle = (request, response) => {
        if (!request.headers.authorization) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
        response.writeHead(307, { location: `http://127.0.0.1:${(store.address() as AddressInfo).port}/x` }).end()
      }
      expect((await connect({ username: 'u', password: 'p' }).fetchBytes(at(), blob)).toString()).to.equal(text)
    } finally {
      store.closeAllConnections()
      store.close()
    }
  })

  describe('logs in', () => {
    const bearer = (wanted: string) => (request: IncomingMessage, response: ServerResponse, path: string) => {
      if (path === '/token') {
        const query = new URL(request.url!, 'http://x').searchParams
        if (request.headers.authorization !== wanted) return void response.writeHead(401).end()
        return void response.end(JSON.stringify({ token: `${query.get('service')} ${query.get('scope')}` }))
      }
      if (request.headers.authorization !== 'Bearer reg repository:app:pull')
        return void response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${host}/token",service="reg"` }).end()
      response.end(text)
    }
    it('with a token for the scope, and keeps it', async () => {
      handle = bearer(`Basic ${Buffer.from('u:p').toString('base64')}`)
      const client = connect({ username: 'u', password: 'p' })
      await client.fetchBytes(at(), blob)
      await client.fetchBytes(at(), blob)
      expect(seen.filter(line => line.includes('/token'))).to.have.length(1)
      expect(seen).to.have.length(4)
    })
    it('anonymously where there are no credentials, and says what to do when that is refused', async () => {
      handle = bearer('Basic never')
      const error = await connect()
        .fetchBytes(at(), blob)
        .catch(e => e)
      expect(error).to.include({ reason: 'Unauthorized', blame: 'user' })
      expect(error.message).to.match(/log in/)
    })
    it('only once: a second 401 is the answer', async () => {
      handle = (_request, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end()
      expect(
        await connect({ username: 'u', password: 'p' })
          .fetchBytes(at(), blob)
          .catch(e => e),
      ).to.include({ reason: 'Unauthorized' })
      expect(seen).to.have.length(2)
    })
  })

  it('begins an upload anew when it broke in the middle', async () => {
    let puts = 0
    handle = (request, response, path) => {
      if (request.method === 'HEAD') return void response.writeHead(404).end()
      if (request.method === 'POST') return void response.writeHead(202, { location: `${path}id${puts}?state=1` }).end()
      if (++puts === 1) return void request.once('data', () => request.destroy())
      request.resume()
      request.once('end', () => response.writeHead(201).end())
    }
    expect(await connect().pushBlob(at(), blob, opened)).to.equal('pushed')
    expect(seen.at(-1)).to.equal(`PUT /v2/app/blobs/uploads/id1?state=1&digest=${encodeURIComponent(blob.digest)}`)
  })
})

describe("registry client, on Debian's docker-registry", () => {
  let registry: DockerRegistry
  let root: string
  let client: RegistryClient
  before(async function () {
    const missing = missingDockerRegistry()
    if (missing) {
      console.log(`      skipped: ${missing}`)
      return this.skip()
    }
    registry = await startDockerRegistry()
    root = await temporaryFolder('client')
    client = createRegistryClient({ credentials: async () => undefined })
  })
  after(async () => {
    client?.close()
    await registry?.stop()
    if (root) await removeFolder(root)
  })

  it('copies an index of images in, and between repositories by mounting', async () => {
    const source = await baseLayout(join(root, 'layout'), ['linux/amd64', 'linux/arm64'])
    const one = parseReference(`${registry.host}/one:v1`)
    const { digest } = await copyImage(source, toRegistry(client, one))
    expect((await client.resolveDigest(one)).digest).to.equal(digest)
    const two = parseReference(`${registry.host}/deep/two:v2`)
    await copyImage(fromRegistry(client, one), toRegistry(client, two))
    const image = await client.fetchImage(two, parsePlatform('linux/arm64'))
    const config = JSON.parse((await client.fetchBytes(two, image.manifest.config)).toString())
    expect(config.architecture).to.equal('arm64')
    const mounted = await client.pushBlob(parseReference(`${registry.host}/three`), image.manifest.layers[0]!, opened, {
      from: 'one',
    })
    expect(mounted).to.equal('mounted')
    const layer = await readBody(await client.fetchBlob(two, image.manifest.layers[0]!), 1 << 20, 'layer')
    expect(sha256(layer)).to.equal(image.manifest.layers[0]!.digest)
  })

  it('finds referrers by the fallback tag where the registry lacks the API', async () => {
    const repository = parseReference(`${registry.host}/signed`)
    await client.pushBlob(repository, blob, opened)
    const empty = stored({}, mediaType.empty)
    await client.pushBlob(repository, empty.descriptor, async function* () {
      yield empty.bytes
    })
    const subject = imageManifest(empty.descriptor, [blob])
    await client.pushManifest(repository, subject.bytes, mediaType.manifest)
    expect(await client.referrers(repository, subject.descriptor.digest)).to.deep.equal([])
    const artifact = stored<Manifest>(
      { ...subject.value, artifactType: 'application/sbom', subject: subject.descriptor },
      mediaType.manifest,
    )
    await client.pushManifest(atDigest(repository, artifact.descriptor.digest), artifact.bytes, mediaType.manifest)
    const index = stored(
      { schemaVersion: 2, mediaType: mediaType.index, manifests: [{ ...artifact.descriptor, artifactType: 'application/sbom' }] },
      mediaType.index,
    )
    await client.pushManifest({ ...repository, tag: subject.descriptor.digest.replace(':', '-') }, index.bytes, mediaType.index)
    expect((await client.referrers(repository, subject.descriptor.digest)).map(d => d.artifactType)).to.deep.equal([
      'application/sbom',
    ])
  })
})

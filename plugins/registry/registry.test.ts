import { hostPlatform, imageIndex, type Manifest, mediaType, parseReference, sha256, stored } from '@slipway/builders/image'
import { expect } from 'chai'
import { SpecError } from './spec-error.ts'
import { blobOf, once, pushImage } from './testing/image-fixture.ts'
import { startRegistry, type TestRegistry } from './testing/start-registry.ts'

describe('registry', () => {
  let registry: TestRegistry
  const at = (path: string) => ({ registry: registry.host, repository: path })
  const call = (method: string, path: string, options: { headers?: Record<string, string>; body?: string | Uint8Array } = {}) =>
    fetch(`${registry.url}/v2/${path}`, { method, ...options } as RequestInit)
  const codeOf = async (response: Response) => [
    response.status,
    ((await response.json()) as { errors: { code: string }[] }).errors[0]?.code,
  ]

  before(async () => {
    registry = await startRegistry()
  })
  after(() => registry.stop())

  describe('with a client', () => {
    it('gives back what was pushed, by tag and by digest', async () => {
      const pushed = await pushImage(registry.client, at('demo/hello'), 'one', 'v1')
      const reference = parseReference(`${registry.host}/demo/hello:v1`)
      expect((await registry.client.resolveDigest(reference)).digest).to.equal(pushed.descriptor.digest)
      const image = await registry.client.fetchImage(reference, hostPlatform())
      expect(image.bytes.equals(pushed.bytes)).to.equal(true)
      const layer = await registry.client.fetchBytes(reference, image.manifest.layers[0]!)
      expect(layer.toString()).to.equal('one')
    })

    it('does not push again what is there, and mounts what another repository has', async () => {
      const { descriptor, bytes } = blobOf(Buffer.from('shared'))
      const outcomes = [
        await registry.client.pushBlob(at('a/one'), descriptor, once(bytes)),
        await registry.client.pushBlob(at('a/one'), descriptor, once(bytes)),
        await registry.client.pushBlob(at('a/two'), descriptor, once(bytes), { from: 'a/one' }),
        await registry.client.pushBlob(at('a/three'), descriptor, once(bytes), { from: 'a/nothing' }),
      ]
      expect(outcomes).to.deep.equal(['pushed', 'exists', 'mounted', 'pushed'])
    })

    it('shows a repository nothing that was not pushed to it', async () => {
      const { descriptor, bytes } = blobOf(Buffer.from('private'))
      await registry.client.pushBlob(at('b/one'), descriptor, once(bytes))
      expect(await registry.client.hasBlob(at('b/two'), descriptor.digest)).to.equal(false)
    })

    it('chooses from an index by platform', async () => {
      const own = await pushImage(registry.client, at('multi'), 'mine')
      const other = await pushImage(registry.client, at('multi'), 'theirs')
      const index = imageIndex([
        { ...other.descriptor, platform: { os: 'plan9', architecture: 'mips' } },
        { ...own.descriptor, platform: hostPlatform() },
      ])
      const reference = parseReference(`${registry.host}/multi:all`)
      await registry.client.pushManifest(reference, index.bytes, mediaType.index)
      expect((await registry.client.fetchImage(reference, hostPlatform())).descriptor.digest).to.equal(own.descriptor.digest)
    })

    it('lists what refers to an image, filtered by artifact type', async () => {
      const subject = await pushImage(registry.client, at('signed'), 'app', 'v1')
      const empty = blobOf(Buffer.from('{}'), mediaType.empty)
      await registry.client.pushBlob(at('signed'), empty.descriptor, once(empty.bytes))
      for (const artifactType of ['application/sbom', 'application/signature']) {
        const artifact = stored<Manifest>(
          {
            schemaVersion: 2,
            mediaType: mediaType.manifest,
            artifactType,
            config: empty.descriptor,
            layers: [empty.descriptor],
            subject: subject.descriptor,
          },
          mediaType.manifest,
        )
        await registry.client.pushManifest(at('signed'), artifact.bytes, mediaType.manifest)
      }
      const all = await registry.client.referrers(at('signed'), subject.descriptor.digest)
      expect(all.map(d => d.artifactType)).to.have.members(['application/sbom', 'application/signature'])
      const some = await registry.client.referrers(at('signed'), subject.descriptor.digest, { artifactType: 'application/sbom' })
      expect(some).to.have.length(1)
    })

    it('says what is missing', async () => {
      const missing = await registry.client.fetchManifest(parseReference(`${registry.host}/demo/hello:nope`)).catch(e => e)
      expect(missing).to.include({ reason: 'ManifestUnknown', blame: 'user', retry: 'never' })
      expect(missing.message).to.match(/cannot pull registry\.localhost:\d+\/demo\/hello:nope: the registry answered 404/)
    })
  })

  describe('chunked uploads', () => {
    const begin = async (name: string) =>
      (await call('POST', `${name}/blobs/uploads/`)).headers.get('location')!.replace('/v2/', '')

    it('take chunks in order, say where they stand, and end by digest', async () => {
      const place = await begin('chunks')
      const first = await call('PATCH', place, { headers: { 'content-range': '0-4' }, body: 'hello' })
      expect([first.status, first.headers.get('range')]).to.deep.equal([202, '0-4'])
      const wrong = await call('PATCH', place, { headers: { 'content-range': '9-10' }, body: 'xx' })
      expect([wrong.status, wrong.headers.get('range')]).to.deep.equal([416, '0-4'])
      const where = await call('GET', place)
      expect([where.status, where.headers.get('range')]).to.deep.equal([204, '0-4'])
      const digest = sha256('hello world')
      const last = await call('PUT', `${place}?digest=${digest}`, { headers: { 'content-range': '5-10' }, body: ' world' })
      expect([last.status, last.headers.get('docker-content-digest')]).to.deep.equal([201, digest])
      expect(await (await call('GET', `chunks/blobs/${digest}`)).text()).to.equal('hello world')
      expect(await codeOf(await call('GET', place))).to.deep.equal([404, 'BLOB_UPLOAD_UNKNOWN'])
    })

    it('leave nothing behind when the digest is wrong', async () => {
      const digest = sha256('something else')
      const answer = await call('POST', `chunks/blobs/uploads/?digest=${digest}`, { body: 'hello' })
      expect(await codeOf(answer)).to.deep.equal([400, 'DIGEST_INVALID'])
      expect((await call('HEAD', `chunks/blobs/${digest}`)).status).to.equal(404)
    })

    it('belong to their repository', async () => {
      const place = await begin('chunks')
      expect((await call('PATCH', place.replace('chunks', 'other'), { body: 'x' })).status).to.equal(404)
      expect((await call('DELETE', place)).status).to.equal(204)
    })
  })

  describe('refuses', () => {
    const digest = `sha256:${'0'.repeat(64)}`
    const type = { 'content-type': mediaType.manifest }
    const manifest = (extra: object) => JSON.stringify({ schemaVersion: 2, mediaType: mediaType.manifest, ...extra })
    const config = { mediaType: mediaType.config, digest, size: 2 }
    const cases: [string, string, string, { headers?: Record<string, string>; body?: string }, number, string][] = [
      ['an upper-case repository', 'POST', 'Demo/blobs/uploads/', {}, 400, 'NAME_INVALID'],
      ['a path out of the store', 'GET', '..%2f..%2fetc/blobs/sha256:1', {}, 400, 'NAME_INVALID'],
      ['a path whose escapes are broken', 'GET', 'a%zz/blobs/x', {}, 400, 'UNSUPPORTED'],
      ['a malformed digest', 'GET', 'demo/blobs/sha256:123', {}, 400, 'DIGEST_INVALID'],
      ['an unknown blob', 'GET', `demo/blobs/${digest}`, {}, 404, 'BLOB_UNKNOWN'],
      ['an unknown tag', 'GET', 'demo/manifests/v9', {}, 404, 'MANIFEST_UNKNOWN'],
      ['an unknown repository', 'GET', 'never/tags/list', {}, 404, 'NAME_UNKNOWN'],
      ['a malformed tag', 'PUT', 'demo/manifests/.hidden', { headers: type, body: '{}' }, 400, 'TAG_INVALID'],
      ['a manifest that is not JSON', 'PUT', 'demo/manifests/v1', { headers: type, body: 'no' }, 400, 'MANIFEST_INVALID'],
      [
        'a manifest without config',
        'PUT',
        'demo/manifests/v1',
        { headers: type, body: manifest({ layers: [] }) },
        400,
        'MANIFEST_INVALID',
      ],
      [
        'a manifest under another type',
        'PUT',
        'demo/manifests/v1',
        { headers: { 'content-type': mediaType.index }, body: manifest({ config, layers: [] }) },
        400,
        'MANIFEST_INVALID',
      ],
      [
        'a manifest whose blobs are missing',
        'PUT',
        'demo/manifests/v1',
        { headers: type, body: manifest({ config, layers: [] }) },
        404,
        'MANIFEST_BLOB_UNKNOWN',
      ],
      [
        'a manifest under a foreign digest',
        'PUT',
        `demo/manifests/${digest}`,
        { headers: type, body: manifest({ config, layers: [] }) },
        400,
        'DIGEST_INVALID',
      ],
      [
        'a manifest of more than 4 MiB',
        'PUT',
        'demo/manifests/v1',
        { headers: type, body: ' '.repeat((4 << 20) + 1) },
        413,
        'SIZE_INVALID',
      ],
      ['a nonsense page size', 'GET', '_catalog?n=many', {}, 400, 'PAGINATION_NUMBER_INVALID'],
      ['an unknown method', 'PATCH', 'demo/manifests/v1', {}, 405, 'UNSUPPORTED'],
      ['an upload that never began', 'PATCH', `demo/blobs/uploads/${'0'.repeat(36)}`, { body: 'x' }, 404, 'BLOB_UPLOAD_UNKNOWN'],
    ]
    for (const [name, method, path, options, status, code] of cases)
      it(name, async () => expect(await codeOf(await call(method, path, options))).to.deep.equal([status, code]))
  })

  it('serves ranges and validators of blobs', async () => {
    const digest = sha256('0123456789')
    await call('POST', `ranges/blobs/uploads/?digest=${digest}`, { body: '0123456789' })
    const get = (headers: Record<string, string>) => call('GET', `ranges/blobs/${digest}`, { headers })
    const part = await get({ range: 'bytes=2-4' })
    expect([part.status, part.headers.get('content-range'), await part.text()]).to.deep.equal([206, 'bytes 2-4/10', '234'])
    expect(await (await get({ range: 'bytes=-3' })).text()).to.equal('789')
    expect((await get({ range: 'bytes=10-' })).status).to.equal(416)
    expect((await get({ 'if-none-match': `"${digest}"` })).status).to.equal(304)
  })

  it('lists tags and repositories in pages', async () => {
    for (const tag of ['b', 'A', 'c', 'a']) await pushImage(registry.client, at('paged'), 'x', tag)
    const seen: string[] = []
    for (let next: string | undefined = 'paged/tags/list?n=3'; next; ) {
      const response = await call('GET', next)
      seen.push(...((await response.json()) as { tags: string[] }).tags, '|')
      next = /<\/v2\/([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1]
    }
    expect(seen).to.deep.equal(['A', 'a', 'b', '|', 'c', '|'])
    expect(await (await call('GET', 'paged/tags/list?n=0')).json()).to.deep.equal({ name: 'paged', tags: [] })
    await pushImage(registry.client, at('paged-too'), 'x', 'v1')
    const catalog = (await (await call('GET', '_catalog?n=1&last=paged')).json()) as { repositories: string[] }
    expect(catalog.repositories).to.deep.equal(['paged-too'])
  })

  it('deletes a tag without its image, and an image with its tags', async () => {
    const { descriptor } = await pushImage(registry.client, at('gone'), 'x', 'one')
    await pushImage(registry.client, at('gone'), 'x', 'two')
    expect((await call('DELETE', 'gone/manifests/one')).status).to.equal(202)
    expect((await call('GET', `gone/manifests/${descriptor.digest}`)).status).to.equal(200)
    expect((await call('DELETE', `gone/manifests/${descriptor.digest}`)).status).to.equal(202)
    expect(await codeOf(await call('GET', 'gone/manifests/two'))).to.deep.equal([404, 'MANIFEST_UNKNOWN'])
    expect(await (await call('GET', 'gone/tags/list')).json()).to.deep.equal({ name: 'gone', tags: [] })
  })

  it('asks the guard before every operation', async () => {
    const guarded = await startRegistry({
      guard(_request, action) {
        if (action === 'push')
          throw new SpecError(401, 'UNAUTHORIZED', 'log in first', undefined, { 'www-authenticate': 'Basic realm="x"' })
      },
    })
    try {
      const answer = await fetch(`${guarded.url}/v2/a/blobs/uploads/`, { method: 'POST' })
      expect(answer.headers.get('www-authenticate')).to.equal('Basic realm="x"')
      expect(await codeOf(answer)).to.deep.equal([401, 'UNAUTHORIZED'])
    } finally {
      await guarded.stop()
    }
  })
})

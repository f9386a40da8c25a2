import { parseReference, sha256 } from '@slipway/builders/image'
import { expect } from 'chai'
import { blobOf, once, pushImage } from '../testing/image-fixture.ts'
import { startRegistry, type TestRegistry } from '../testing/start-registry.ts'

describe('garbage collection', () => {
  const hour = 3_600_000
  let registry: TestRegistry
  let offset: number
  const at = (path: string) => ({ registry: registry.host, repository: path })
  const collect = (untaggedMs?: number) =>
    registry.store.garbage.collect({ graceMs: hour, uploadMs: 24 * hour, ...(untaggedMs !== undefined && { untaggedMs }) })

  beforeEach(async () => {
    offset = 0
    // File times are the system's, so the clock is the system's, moved on.
    registry = await startRegistry({ now: () => Date.now() + offset })
  })
  afterEach(() => registry.stop())

  it('keeps what images refer to, and takes the rest after the grace period', async () => {
    const kept = await pushImage(registry.client, at('app'), 'kept', 'v1')
    const lone = blobOf(Buffer.from('lone'))
    await registry.client.pushBlob(at('app'), lone.descriptor, once(lone.bytes))
    expect(await collect()).to.include({ blobs: 0 })
    offset = 2 * hour
    expect(await collect()).to.include({ links: 1, blobs: 1, bytes: 4 })
    expect(await registry.client.hasBlob(at('app'), lone.descriptor.digest)).to.equal(false)
    const image = await registry.client.fetchManifest(parseReference(`${registry.host}/app:v1`))
    expect(image.descriptor.digest).to.equal(kept.descriptor.digest)
  })

  it('spares old content that a push has just looked at', async () => {
    const lone = blobOf(Buffer.from('lone'))
    await registry.client.pushBlob(at('app'), lone.descriptor, once(lone.bytes))
    offset = 2 * hour
    expect(await registry.client.hasBlob(at('app'), lone.descriptor.digest)).to.equal(true)
    expect(await collect()).to.include({ links: 0, blobs: 0 })
  })

  it('takes content of a deleted image only when no other repository has it', async () => {
    const one = await pushImage(registry.client, at('one'), 'same', 'v1')
    await pushImage(registry.client, at('two'), 'same', 'v1')
    await registry.store.manifests.remove('one', one.descriptor.digest)
    offset = 2 * hour
    expect(await collect()).to.include({ links: 2, blobs: 0 })
    await registry.store.manifests.remove('two', one.descriptor.digest)
    offset = 4 * hour
    expect(await collect()).to.include({ links: 2, blobs: 3 })
  })

  it('takes untagged images only when asked to', async () => {
    const old = await pushImage(registry.client, at('app'), 'old', 'latest')
    const now = await pushImage(registry.client, at('app'), 'new', 'latest')
    offset = 48 * hour
    expect(await collect()).to.include({ manifests: 0 })
    expect(await collect(24 * hour)).to.include({ manifests: 1 })
    expect(await registry.store.manifests.has('app', old.descriptor.digest)).to.equal(false)
    expect(await registry.store.manifests.has('app', now.descriptor.digest)).to.equal(true)
  })

  it('ends uploads that nobody went on with', async () => {
    const id = await registry.store.uploads.begin('app')
    offset = 25 * hour
    expect(await collect()).to.include({ uploads: 1 })
    expect((await registry.store.uploads.offset('app', id).catch(e => e)).code).to.equal('BLOB_UPLOAD_UNKNOWN')
  })

  it('never breaks a push that goes on meanwhile', async () => {
    offset = 2 * hour
    const texts = Array.from({ length: 30 }, (_, i) => `image ${i % 7}`)
    let done = false
    const pushes = Promise.all(texts.map((text, i) => pushImage(registry.client, at(`app${i % 3}`), text, `t${i}`))).finally(
      () => (done = true),
    )
    while (!done) await collect()
    await pushes
    offset = 4 * hour
    await collect()
    for (const [i, text] of texts.entries()) {
      const { manifest } = await registry.client.fetchImage(parseReference(`${registry.host}/app${i % 3}:t${i}`), {
        os: 'linux',
        architecture: 'amd64',
      })
      expect(manifest.layers[0]!.digest).to.equal(sha256(text))
      expect((await registry.client.fetchBytes(at(`app${i % 3}`), manifest.layers[0]!)).toString()).to.equal(text)
    }
  })
})

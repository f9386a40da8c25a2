import { createReadStream, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { chooseRootFs } from '../runtime/root-fs.ts'
import { tarOf, writeLayout } from '../testing/layout.ts'
import { missingForContainers } from '../testing/node-fixture.ts'
import { imagesToRemove } from './image-gc.ts'
import { imagePuller } from './image-puller.ts'
import { fullName, type ImageStore, openImageStore, type StoredImage } from './image-store.ts'
import { resolveUser, userFiles } from './image-user.ts'

describe('images', () => {
  let dir: string
  const time = 0
  let store: ImageStore
  const open = () => openImageStore({ dir: join(dir, 'images'), overlay: true, now: () => time })
  before(async function () {
    const missing = missingForContainers()
    if (missing) {
      console.log(`      skipped: ${missing}`)
      return this.skip()
    }
    dir = mkdtempSync(join(tmpdir(), 'slipway-images-'))
    const base = await tarOf([
      { name: 'etc', folder: true },
      { name: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\nweb:x:500:600::/home/web:/bin/sh\n' },
      { name: 'etc/group', content: 'root:x:0:\nweb:x:600:\nmore:x:700:web,other\n' },
      { name: 'd', folder: true },
      { name: 'd/old', content: 'old' },
      { name: 'd/older', content: 'older' },
      { name: 'gone', content: 'gone' },
      { name: 'kept', content: 'kept' },
    ])
    const top = await tarOf([
      { name: '.wh.gone', content: '' },
      { name: 'd', folder: true, mode: 0o700 },
      { name: 'd/.wh..wh..opq', content: '' },
      { name: 'd/new', content: 'new' },
    ])
    const big = await tarOf([{ name: 'big', content: Buffer.alloc(5 << 20, 'x') }])
    writeLayout(join(dir, 'layout'), [
      { name: 'one:1', layers: [base], config: { User: 'web' } },
      { name: 'two:1', layers: [base, top, big], config: { Cmd: ['x'] } },
    ])
    store = await open()
  })
  after(() => dir && rmSync(dir, { recursive: true, force: true }))

  it('takes in a layout, and shares layers', async () => {
    expect(await store.importLayout(join(dir, 'layout'))).to.deep.equal(['one:1', 'two:1'])
    const [one, two] = [store.find('one:1')!, store.find('docker.io/library/two:1')!]
    expect(two.layers[0]).to.equal(one.layers[0])
    expect(readdirSync(join(dir, 'images', 'layers')).filter(n => n.length === 20)).to.have.length(3)
  })

  it('hides in an overlay what a layer says is gone', async () => {
    const rootFs = await chooseRootFs(dir)
    expect(rootFs.kind).to.equal('overlay')
    const container = join(dir, 'container')
    await rootFs.mount(container, store.layerPaths(store.find('two:1')!))
    try {
      const at = (path: string) => join(container, 'rootfs', path)
      expect([existsSync(at('gone')), existsSync(at('kept')), readdirSync(at('d')), existsSync(at('big'))]).to.deep.equal([
        false,
        true,
        ['new'],
        true,
      ])
    } finally {
      await rootFs.unmount(container)
    }
  })

  it('remembers over a restart', async () => {
    const again = await open()
    expect(again.all().map(i => i.names)).to.deep.equal([['docker.io/library/one:1'], ['docker.io/library/two:1']])
  })

  it('removes images, and layers that no other has', async () => {
    const { digest } = store.find('two:1')!
    expect(await store.prune(i => i.digest === digest, new Set([digest]))).to.equal(0)
    expect(await store.prune(i => i.digest === digest, new Set())).to.equal(1)
    expect(store.find('two:1')).to.equal(undefined)
    expect(store.layerPaths(store.find('one:1')!).every(existsSync)).to.equal(true)
    expect(readdirSync(join(dir, 'images', 'layers')).filter(n => n.length === 20)).to.have.length(1)
  })

  describe('from a registry', () => {
    let server: Server
    let host: string
    const asked: string[] = []
    before(async () => {
      const layout = join(dir, 'layout')
      const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
        manifests: { digest: string; mediaType: string }[]
      }
      server = createServer((request, response) => {
        asked.push(request.url!)
        const [, name, what, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(request.url!) ?? []
        if (name === 'secret' && request.headers.authorization !== `Basic ${Buffer.from('me:pw').toString('base64')}`)
          return response
            .writeHead(401, { 'www-authenticate': 'Basic realm="test"' })
            .end('{"errors":[{"code":"UNAUTHORIZED","message":"no"}]}')
        const digest = what === 'manifests' && reference === 'v1' ? index.manifests[1]!.digest : reference!
        const file = join(layout, 'blobs', 'sha256', digest.slice(7))
        if (!what || !digest.startsWith('sha256:') || !existsSync(file))
          return response
            .writeHead(404, { 'content-type': 'application/json' })
            .end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
        response.writeHead(200, {
          ...(what === 'manifests' && { 'content-type': index.manifests[1]!.mediaType }),
          'docker-content-digest': digest,
        })
        createReadStream(file).pipe(response)
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      host = `registry.localhost:${(server.address() as { port: number }).port}`
    })
    after(() => {
      server?.closeAllConnections()
      server?.close()
    })

    it('pulls once, then only what differs', async () => {
      const puller = imagePuller({ store, now: () => time })
      const name = `${host}/app:v1`
      const both = await Promise.all([1, 2].map(() => puller.pull({ name, policy: 'IfNotPresent', dockerConfigs: [] })))
      expect(both.map(p => p.image.config)).to.deep.equal([{ Cmd: ['x'] }, { Cmd: ['x'] }])
      const blobs = asked.filter(url => url.includes('/blobs/'))
      expect(new Set(blobs).size).to.equal(blobs.length)
      expect((await puller.pull({ name, policy: 'IfNotPresent', dockerConfigs: [] })).fetched).to.equal(false)
      asked.length = 0
      expect((await puller.pull({ name, policy: 'Always', dockerConfigs: [] })).fetched).to.equal(true)
      expect(asked).to.deep.equal(['/v2/app/manifests/v1'])
      puller.close()
    })

    it('says why it could not', async () => {
      const puller = imagePuller({ store, now: () => time })
      const error = await puller.pull({ name: `${host}/app:absent`, dockerConfigs: [] }).then(
        () => undefined,
        e => e,
      )
      expect(error.reason).to.equal('ErrImagePull')
      expect(error.message).to.contain(`${host}/app:absent`)
      puller.close()
    })

    it('logs in with the pull secret', async () => {
      const puller = imagePuller({ store, now: () => time })
      const name = `${host}/secret:v1`
      const refused = await puller.pull({ name, dockerConfigs: [] }).then(
        () => undefined,
        e => e,
      )
      expect(refused.reason).to.equal('ErrImagePull')
      const pulled = await puller.pull({ name, dockerConfigs: [{ auths: { [host]: { username: 'me', password: 'pw' } } }] })
      expect(pulled.image.digest).to.match(/^sha256:/)
      puller.close()
    })
  })

  describe('users', () => {
    const files = async () => userFiles(store.layerPaths(store.find('one:1')!))
    for (const { name, user, asked, want } of [
      { name: 'nobody said', user: '', asked: {}, want: { uid: 0, gid: 0, groups: [] } },
      { name: 'by name, with groups', user: 'web', asked: {}, want: { uid: 500, gid: 600, groups: [700] } },
      { name: 'by number', user: '1000', asked: {}, want: { uid: 1000, gid: 0, groups: [] } },
      { name: 'user and group', user: 'web:more', asked: {}, want: { uid: 500, gid: 700, groups: [] } },
      { name: 'numbers', user: '1:2', asked: {}, want: { uid: 1, gid: 2, groups: [] } },
      {
        name: 'the pod decides',
        user: 'web',
        asked: { runAsUser: 500, runAsGroup: 9, fsGroup: 8, supplementalGroups: [7] },
        want: { uid: 500, gid: 9, groups: [700, 7, 8] },
      },
    ])
      it(name, async () => expect(resolveUser(user, await files(), asked, { image: 'one' })).to.deep.equal(want))
    for (const { user, asked, message } of [
      { user: 'absent', asked: {}, message: 'unable to find user absent: no matching entries in passwd file' },
      { user: 'web:absent', asked: {}, message: 'unable to find group absent' },
      { user: '', asked: { runAsNonRoot: true }, message: 'container has runAsNonRoot and image will run as root' },
      { user: 'web', asked: { runAsNonRoot: true }, message: 'non-numeric user (web), cannot verify user is non-root' },
      { user: '5', asked: { runAsNonRoot: true, runAsUser: 0 }, message: "container's runAsUser breaks non-root policy" },
    ])
      it(`refuses: ${message}`, async () => {
        const known = await files()
        expect(() => resolveUser(user, known, asked, { image: 'one' })).to.throw(message)
      })
  })
})

describe('image names and removal', () => {
  for (const [name, want] of [
    ['busybox', 'docker.io/library/busybox:latest'],
    ['me/app:1', 'docker.io/me/app:1'],
    ['registry.localhost:5000/a/b', 'registry.localhost:5000/a/b:latest'],
  ] as const)
    it(`${name} is ${want}`, () => expect(fullName(name)).to.equal(want))

  const image = (digest: string, lastUsed: number, size = 10): StoredImage => ({
    digest,
    lastUsed,
    size,
    configDigest: '',
    names: [],
    config: {},
    layers: [],
  })
  const policy = { maxUnusedMs: 1000, high: 0.8, low: 0.5 }
  it('old ones go', () => {
    const doomed = imagesToRemove([image('a', 0), image('b', 5000)], { totalBytes: 100, usedBytes: 10 }, policy, 5500)
    expect([...doomed]).to.deep.equal(['a'])
  })
  it('a full disk takes the longest unused until there is room', () => {
    const doomed = imagesToRemove(
      [image('new', 5400), image('mid', 5200, 20), image('old', 5100, 20)],
      { totalBytes: 100, usedBytes: 85 },
      policy,
      5500,
    )
    expect([...doomed]).to.deep.equal(['old', 'mid'])
  })
})

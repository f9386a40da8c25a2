import { chmod, mkdir, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { expect } from 'chai'
import { extract } from 'tar-stream'
import { readBody } from '../image/http.ts'
import { type ImageLayout, openLayout } from '../image/layout.ts'
import { type ImageConfig, isIndex, type Manifest } from '../image/manifest.ts'
import { fromLayout, type ImageSource, toLayout } from '../image/transfer.ts'
import { baseLayout } from '../testing/base-layout.ts'
import { removeFolder, temporaryFolder, writeFiles } from '../testing/temporary.ts'
import { buildImage, type LayersOptions } from './build-image.ts'

describe('layers builder', () => {
  let root: string
  let base: ImageSource
  let out: ImageLayout
  let lines: string[]
  const folder = (name: string) => join(root, name)

  beforeEach(async () => {
    root = await temporaryFolder('layers')
    base = await baseLayout(folder('base'))
    out = await openLayout(folder('out'), { create: true })
    lines = []
  })
  afterEach(() => removeFolder(root))

  const build = (source: string, options: Partial<LayersOptions> = {}) =>
    buildImage({
      source: folder(source),
      base,
      sink: toLayout(out, 'app'),
      cache: folder('cache'),
      metadata: { created: 1_700_000_000, port: 8080 },
      report: line => lines.push(line),
      ...options,
    })

  async function image(): Promise<{ manifest: Manifest; config: ImageConfig }> {
    const from = fromLayout(out, 'app')
    const manifest = (await from.manifest()).manifest as Manifest
    return {
      manifest,
      config: JSON.parse((await readBody(await from.blob(manifest.config), 1 << 20, 'config')).toString()) as ImageConfig,
    }
  }
  async function filesOf(index: number, decompress = createGunzip()): Promise<Record<string, string>> {
    const { manifest } = await image()
    const found: Record<string, string> = {}
    const reader = (await out.blob(manifest.layers.at(index)!))
      .pipe(decompress)
      .pipe(extract() as unknown as NodeJS.WritableStream)
    for await (const entry of reader as unknown as AsyncIterable<
      Readable & { header: { name: string; type: string; linkname: string; mode: number } }
    >) {
      const { name, type, linkname, mode } = entry.header
      const body = await readBody(entry, 1 << 20, name)
      found[name] = type === 'symlink' ? `-> ${linkname}` : type === 'directory' ? 'dir' : `${mode.toString(8)} ${body}`
    }
    return found
  }

  const hello = { 'package.json': '{"scripts":{"start":"node server.js"}}', 'server.js': 'hello', 'lib/a.js': 'a' }

  it('lays a Node application on its base', async () => {
    await writeFiles(folder('src'), hello)
    await chmod(join(folder('src'), 'server.js'), 0o700)
    await symlink('server.js', join(folder('src'), 'link'))
    await mkdir(join(folder('src'), 'empty'))
    const { digest } = await build('src', {
      metadata: { created: 1_700_000_000, port: 8080, revision: 'abc', source: 'https://x/y' },
    })
    expect((await out.find('app')).digest).to.equal(digest)
    expect(await filesOf(-1)).to.deep.equal({
      'app/': 'dir',
      'app/empty/': 'dir',
      'app/lib/': 'dir',
      'app/lib/a.js': '644 a',
      'app/link': '-> server.js',
      'app/package.json': `644 ${hello['package.json']}`,
      'app/server.js': '755 hello',
    })
    const { config, manifest } = await image()
    expect(manifest.layers).to.have.length(2)
    expect(config).to.include({ created: '2023-11-14T22:13:20Z', os: 'linux', architecture: 'amd64' })
    expect(config.config).to.deep.include({
      User: '65532:65532',
      Entrypoint: ['node', 'server.js'],
      WorkingDir: '/app',
      ExposedPorts: { '8080/tcp': {} },
      Labels: {
        'org.opencontainers.image.created': '2023-11-14T22:13:20Z',
        'org.opencontainers.image.revision': 'abc',
        'org.opencontainers.image.source': 'https://x/y',
      },
    })
    expect(config.config!.Env).to.include.members(['NODE_ENV=production', 'PORT=8080'])
    expect(config.rootfs.diff_ids).to.have.length(2)
    expect(config.history).to.have.length(2)
  })

  it('gives the same digest for the same content, whatever times, folder, mode bits, cache and order', async () => {
    await writeFiles(folder('one'), hello)
    await writeFiles(folder('deep/er/two'), Object.fromEntries(Object.entries(hello).reverse()))
    await utimes(join(folder('one'), 'server.js'), 1, 1)
    await chmod(join(folder('one'), 'lib/a.js'), 0o600)
    await writeFiles(folder('one'), { '.git/HEAD': 'x' })
    const digests = [
      (await build('one')).digest,
      (await build('one')).digest,
      (await build('deep/er/two')).digest,
      (await build('deep/er/two', { cache: folder('other-cache') })).digest,
    ]
    expect(new Set(digests).size).to.equal(1)
  })

  it('makes only layers whose content changed, and sends only those', async () => {
    await writeFiles(folder('src'), {
      ...hello,
      'package.json': '{"main":"server.js","dependencies":{"dep":"1"}}',
      'node_modules/dep/index.js': 'dep',
    })
    await build('src')
    lines = []
    await writeFile(join(folder('src'), 'server.js'), 'changed')
    await build('src')
    expect(lines.filter(l => l.startsWith('layer')).map(l => l.replace(/: .*, (\w+).*/, ' $1'))).to.have.members([
      'layer node_modules cached',
      'layer source made',
    ])
    expect(lines).to.include.members(['push node_modules: already there', 'push source: pushed'])
    expect(Object.keys(await filesOf(-2))).to.deep.equal([
      'app/',
      'app/node_modules/',
      'app/node_modules/dep/',
      'app/node_modules/dep/index.js',
    ])
    expect(Object.keys(await filesOf(-1))).to.not.include('app/node_modules/')
  })

  it('leaves out what .dockerignore says, and never logins of npm', async () => {
    await writeFiles(folder('src'), {
      ...hello,
      '.dockerignore': '*.log\nlib\n!lib/a.js\n',
      'x.log': '',
      'lib/b.js': '',
      '.npmrc': 'secret',
    })
    await build('src')
    expect(Object.keys(await filesOf(-1))).to.deep.equal([
      'app/',
      'app/lib/',
      'app/lib/a.js',
      'app/package.json',
      'app/server.js',
    ])
  })

  it('serves a static site with a server of its own', async () => {
    await writeFiles(folder('src'), { 'index.html': '<p>hi' })
    await build('src')
    const { config } = await image()
    expect(config.config!.Entrypoint).to.deep.equal(['node', '/slipway/static-server.mjs', '/app'])
    expect(Object.keys(await filesOf(-2))).to.deep.equal(['slipway/', 'slipway/static-server.mjs'])
  })

  it('takes names that are long or not ASCII, and other compressions', async () => {
    const long = `${'d'.repeat(120)}/${'f'.repeat(120)}`
    await writeFiles(folder('src'), { ...hello, [long]: 'x', 'ünïcode.txt': 'y' })
    await build('src', { compression: 'zstd' })
    const { manifest } = await image()
    expect(manifest.layers.at(-1)!.mediaType).to.match(/zstd$/)
    expect(Object.keys(await filesOf(-1, createZstdDecompress() as never))).to.include.members([`app/${long}`, 'app/ünïcode.txt'])
  })

  it('builds an index for all platforms of its base', async () => {
    base = await baseLayout(folder('multi'), ['linux/amd64', 'linux/arm64'])
    await writeFiles(folder('src'), hello)
    await build('src', { platforms: 'all' })
    const top = await fromLayout(out, 'app').manifest()
    expect(isIndex(top.manifest) && top.manifest.manifests.map(m => m.platform?.architecture)).to.deep.equal(['amd64', 'arm64'])
  })

  const failures: { name: string; files: Record<string, string>; reason: string; message: RegExp }[] = [
    { name: 'nothing in it', files: { '.dockerignore': 'x' }, reason: 'EmptySource', message: /no files/ },
    {
      name: 'a broken package.json',
      files: { 'package.json': '{' },
      reason: 'InvalidPackageJson',
      message: /package\.json is not valid JSON/,
    },
    {
      name: 'no way to start',
      files: { 'package.json': '{}', 'x.txt': '' },
      reason: 'NoStartCommand',
      message: /cannot tell how to start/,
    },
    {
      name: 'no lockfile',
      files: { 'package.json': '{"main":"a.js","dependencies":{"x":"1"}}', 'a.js': '' },
      reason: 'MissingLockfile',
      message: /npm install/,
    },
    {
      name: 'a lockfile of yarn',
      files: { 'package.json': '{"main":"a.js","dependencies":{"x":"1"}}', 'a.js': '', 'yarn.lock': '' },
      reason: 'UnsupportedPackageManager',
      message: /yarn\.lock/,
    },
    {
      name: 'files that nothing starts',
      files: { 'notes.txt': 'x' },
      reason: 'NoStartCommand',
      message: /no package\.json, no index\.html and no Procfile/,
    },
  ]
  for (const { name, files, reason, message } of failures)
    it(`says what to do about a source with ${name}`, async () => {
      await writeFiles(folder('src'), files)
      const error = await build('src').catch(e => e)
      expect(error).to.include({ reason, blame: 'user', retry: 'never' })
      expect(error.message).to.match(message)
    })

  it('says that the folder is missing', async () =>
    expect(await build('nowhere').catch(e => e)).to.include({ reason: 'SourceMissing' }))
})

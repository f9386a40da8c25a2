import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureBaseImages } from '@slipway/builders/base'
import { buildDockerfile } from '@slipway/builders/dockerfile'
import {
  copyImage,
  createRegistryClient,
  fromRegistry,
  hostPlatform,
  type ImageSource,
  parseReference,
  toRegistry,
} from '@slipway/builders/image'
import { buildImage, registryLayers } from '@slipway/builders/layers'
import { baseLayout, removeFolder, temporaryFolder, writeFiles } from '@slipway/builders/testing'
import { expect } from 'chai'
import { startRegistry, type TestRegistry } from './testing/start-registry.ts'

const installed = (program: string) => {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe('registry, with the builders', function () {
  this.timeout(60_000)
  let registry: TestRegistry
  let root: string
  let base: ImageSource
  before(async () => {
    root = await temporaryFolder('registry-builders')
    registry = await startRegistry()
    const reference = parseReference(`${registry.host}/slipway/base:latest`)
    await copyImage(await baseLayout(join(root, 'base')), toRegistry(registry.client, reference))
    base = fromRegistry(registry.client, reference)
  })
  after(async () => {
    await registry?.stop()
    await removeFolder(root)
  })

  const build = async (name: string, cache = 'cache', lines: string[] = []) => {
    const target = parseReference(`${registry.host}/demo/${name}:v1`)
    const built = await buildImage({
      source: join(root, name),
      base,
      sink: toRegistry(registry.client, target),
      cache: join(root, cache),
      remote: registryLayers(registry.client, target),
      metadata: { created: 1, port: 8080 },
      report: line => lines.push(line),
    })
    return { ...built, target, lines }
  }

  it('layers: pushes an image once, mounting the base', async () => {
    await writeFiles(join(root, 'hello'), { 'package.json': '{"main":"a.js"}', 'a.js': 'x' })
    const first = await build('hello')
    expect(first.lines).to.include('push source: pushed')
    const again = await build('hello')
    expect(again.lines).to.include('push source: already there')
    expect(again.digest).to.equal(first.digest)
    const image = await registry.client.fetchImage(first.target, hostPlatform())
    expect(image.descriptor.digest).to.equal(first.digest)
    for (const layer of image.manifest.layers) expect(await registry.client.hasBlob(first.target, layer.digest)).to.equal(true)
  })

  it('layers: installs dependencies from the lockfile, once', async () => {
    await writeFiles(join(root, 'deps'), {
      'package.json': '{"name":"deps","version":"1.0.0","main":"a.js","dependencies":{"local":"file:./local"}}',
      'package-lock.json': JSON.stringify({
        name: 'deps',
        version: '1.0.0',
        lockfileVersion: 3,
        packages: {
          '': { name: 'deps', version: '1.0.0', dependencies: { local: 'file:./local' } },
          local: { version: '1.0.0' },
          'node_modules/local': { resolved: 'local', link: true },
        },
      }),
      'a.js': 'require("local")',
      'local/package.json': '{"name":"local","version":"1.0.0"}',
      'local/index.js': '',
    })
    const first = await build('deps')
    expect(first.lines.join('\n')).to.match(/layer node_modules: .*made in/)
    const again = await build('deps')
    expect(again.lines.join('\n')).to.match(/layer node_modules: .*cached/)
    expect(again.digest).to.equal(first.digest)
    const elsewhere = await build('deps', 'another-machine')
    expect(elsewhere.lines.join('\n')).to.match(/layer node_modules: .*remembered by the registry/)
    expect(elsewhere.digest).to.equal(first.digest)
  })

  it('layers: says why npm failed', async () => {
    await writeFiles(join(root, 'broken'), {
      'package.json': '{"main":"a.js","dependencies":{"local":"file:./local"}}',
      'a.js': '',
      'local/package.json': '{"name":"local","version":"1.0.0"}',
      'package-lock.json': '{"lockfileVersion":3,"packages":{"":{}}}',
    })
    const error = await build('broken').catch(e => e)
    expect(error).to.include({ reason: 'InstallFailed', blame: 'user' })
    expect(error.message).to.match(/npm ci failed with exit code 1: .*package\.json and package-lock\.json.*in sync/)
  })

  it('dockerfile: builds on an image of the registry and pushes by digest', async function () {
    if (!installed('buildah') || process.getuid?.() !== 0) {
      console.log('      skipped: buildah needs to be installed and to run as root')
      return this.skip()
    }
    await writeFiles(join(root, 'docker'), {
      Dockerfile: `FROM ${registry.host}/slipway/base:latest\nCOPY a.txt /a.txt\nCMD ["/a"]\n`,
      'a.txt': 'a',
    })
    const image = parseReference(`${registry.host}/demo/docker:v1`)
    const options = { context: join(root, 'docker'), image, storage: join(root, 'storage'), runRoot: join(root, 'storage/run') }
    const lines: string[] = []
    const { digest } = await buildDockerfile({ ...options, report: line => lines.push(line) }).catch(error => {
      throw new Error(`${error.message}\n${lines.join('\n')}`)
    })
    expect((await registry.client.resolveDigest(image)).digest).to.equal(digest)
    await writeFiles(join(root, 'docker'), { Dockerfile: 'FROM scratch\nCOPY nope /\n' })
    const error = await buildDockerfile(options).catch(e => e)
    expect(error).to.include({ reason: 'DockerfileFailed', blame: 'user' })
    expect(error.message).to.match(/nope/)
    await writeFiles(join(root, 'docker'), { Dockerfile: `FROM ${registry.host}/nope\n` })
    expect(await buildDockerfile(options).catch(e => e)).to.include({ reason: 'BaseImageFailed' })
  })

  it('base images: are made once, and again when the registry lost them', async () => {
    const cacheDir = join(root, 'base-cache')
    const lines: string[] = []
    const ensure = () => ensureBaseImages(registry.host, { cacheDir, which: ['base-static'], report: line => lines.push(line) })
    const first = await ensure()
    expect(first['base-static']).to.match(/slipway\/base-static@sha256:/)
    lines.length = 0
    expect(await ensure()).to.deep.equal(first)
    expect(lines.filter(line => /^base image base-static/.test(line))).to.deep.equal([])
    const digest = parseReference(first['base-static']!).digest!
    await registry.store.manifests.remove('slipway/base-static', digest)
    expect(await ensure()).to.deep.equal(first)
    const client = createRegistryClient()
    expect((await client.resolveDigest(parseReference(first['base-static']!))).digest).to.equal(digest)
    client.close()
  })
})

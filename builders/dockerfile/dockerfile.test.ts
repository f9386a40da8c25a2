import { expect } from 'chai'
import { parseReference } from '../image/reference.ts'
import { removeFolder, temporaryFolder, writeFiles } from '../testing/temporary.ts'
import { buildDockerfile } from './build-dockerfile.ts'
import { budArguments, pushArguments, registriesConf, registriesOf } from './buildah-arguments.ts'

describe('buildah arguments', () => {
  const build = { context: '/src', image: parseReference('registry.localhost:5000/demo/hello:v1'), storage: '/s', runRoot: '/r' }
  it('build as root without a daemon', () =>
    expect(budArguments({ ...build, arguments: { A: '1 2' }, target: 'app', timestamp: 7 })).to.deep.equal([
      '--storage-driver=vfs',
      '--root=/s',
      '--runroot=/r',
      'bud',
      '--isolation=chroot',
      '--format=oci',
      '--layers',
      '--build-arg=A=1 2',
      '--target=app',
      '--timestamp=7',
      '--file=Dockerfile',
      '--tag=registry.localhost:5000/demo/hello:v1',
      '/src',
    ]))
  it('push to where the registry is reached, in the clear only where it speaks so', () => {
    expect(pushArguments(build, '/d', parseReference('127.0.0.1:5000/demo/hello:v1')).slice(3)).to.deep.equal([
      'push',
      '--digestfile=/d',
      '--tls-verify=false',
      '--disable-compression',
      'registry.localhost:5000/demo/hello:v1',
      'docker://127.0.0.1:5000/demo/hello:v1',
    ])
    const remote = parseReference('example.com/a:1')
    expect(pushArguments({ ...build, image: remote }, '/d', remote)).to.not.include('--tls-verify=false')
  })
  it('say which registries of FROM speak plain HTTP and where they are', () => {
    const conf = registriesConf(['docker.io', 'registry.localhost:5000'], [], { 'registry.localhost:5000': '127.0.0.1:5000' })
    expect(conf).to.include('prefix = "registry.localhost:5000"\nlocation = "127.0.0.1:5000"\ninsecure = true')
    expect(conf).to.not.include('prefix = "docker.io"')
  })
})

describe('registries of a Dockerfile', () => {
  const cases: [string, Record<string, string>, string[]][] = [
    ['FROM node:22', {}, ['docker.io']],
    ['FROM scratch', {}, []],
    ['from --platform=linux/amd64 gcr.io/x/y AS build\nFROM BUILD', {}, ['gcr.io']],
    ['ARG BASE=registry.localhost:5000/base\nFROM $BASE', {}, ['registry.localhost:5000']],
    ['ARG BASE=x\nFROM ${BASE}', { BASE: 'localhost/y' }, ['localhost']],
    ['FROM ${NONE:-quay.io/a}', {}, ['quay.io']],
    ['# FROM evil.com/x\nFROM \\\n  ghcr.io/a/b', {}, ['ghcr.io']],
    ['FROM a/b\nFROM c.d/e', {}, ['docker.io', 'c.d']],
  ]
  for (const [text, args, want] of cases) it(JSON.stringify(text), () => expect(registriesOf(text, args)).to.deep.equal(want))
})

describe('Dockerfile builds', () => {
  let root: string
  beforeEach(async () => {
    root = await temporaryFolder('dockerfile')
  })
  afterEach(() => removeFolder(root))
  const options = () => ({
    context: root,
    image: parseReference('registry.localhost:1/x:1'),
    storage: `${root}/s`,
    runRoot: `${root}/r`,
  })
  it('say that there is none', async () => {
    const error = await buildDockerfile(options()).catch(e => e)
    expect(error).to.include({ reason: 'DockerfileMissing', blame: 'user' })
  })
  it('refuse one outside of the context', async () => {
    await writeFiles(root, { Dockerfile: 'FROM scratch' })
    expect(await buildDockerfile({ ...options(), dockerfile: '../x' }).catch(e => e)).to.include({ reason: 'DockerfileMissing' })
  })
})

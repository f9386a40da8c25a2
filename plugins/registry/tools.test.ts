import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { parseReference } from '@slipway/builders/image'
import { expect } from 'chai'
import { pushImage } from './testing/image-fixture.ts'
import { startRegistry, type TestRegistry } from './testing/start-registry.ts'

const run = promisify(execFile)

describe('registry, by the tools people have', () => {
  let registry: TestRegistry
  let folder: string
  before(async function () {
    const missing = await run('skopeo', ['--version']).then(
      () => undefined,
      () => 'skopeo is not installed',
    )
    if (missing) {
      console.log(`      skipped: ${missing}`)
      return this.skip()
    }
    registry = await startRegistry()
    folder = await mkdtemp(join(tmpdir(), 'registry-tools-'))
    await writeFile(join(folder, 'policy.json'), JSON.stringify({ default: [{ type: 'insecureAcceptAnything' }] }))
  })
  after(async () => {
    await registry?.stop()
    if (folder) await rm(folder, { recursive: true, force: true })
  })
  const skopeo = (...args: string[]) => run('skopeo', ['--policy', join(folder, 'policy.json'), ...args])

  it('skopeo copies images out, in, and between repositories, and deletes them', async () => {
    const host = registry.url.replace('http://', '')
    const pushed = await pushImage(registry.client, { registry: registry.host, repository: 'from' }, 'layer', 'v1')
    const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false']
    await skopeo('copy', ...insecure, `docker://${host}/from:v1`, `dir:${folder}/out`)
    await skopeo('copy', ...insecure, `dir:${folder}/out`, `docker://${host}/to:v2`)
    await skopeo('copy', ...insecure, `docker://${host}/to:v2`, `docker://${host}/again/deep:v3`)
    const reference = parseReference(`${registry.host}/again/deep:v3`)
    expect((await registry.client.resolveDigest(reference)).digest).to.equal(pushed.descriptor.digest)
    const { stdout } = await skopeo('list-tags', '--tls-verify=false', `docker://${host}/to`)
    expect(JSON.parse(stdout).Tags).to.deep.equal(['v2'])
    await skopeo('delete', '--tls-verify=false', `docker://${host}/to:v2`)
    expect((await fetch(`${registry.url}/v2/to/manifests/v2`)).status).to.equal(404)
  })
})

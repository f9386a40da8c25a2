import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { sha256 } from '@slipway/builders/image'
import { expect } from 'chai'
import { pushImage } from './testing/image-fixture.ts'
import { startRegistry } from './testing/start-registry.ts'

describe('registry, when things go wrong', () => {
  let root: string
  let child: ChildProcess | undefined
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'registry-crash-'))
  })
  afterEach(async () => {
    child?.kill('SIGKILL')
    child = undefined
    await rm(root, { recursive: true, force: true })
  })

  async function spawnRegistry(): Promise<string> {
    child = spawn(process.execPath, [join(import.meta.dirname, 'testing/registry-process.ts'), root], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(child.stdout!, 'data')
    return `http://127.0.0.1:${String(line).trim()}/v2`
  }
  const kill = async () => {
    const ended = once(child!, 'exit')
    child!.kill('SIGKILL')
    await ended
  }

  it('shows nothing of an upload that a kill interrupted, and goes on with it after a restart', async () => {
    const content = Buffer.alloc(3 << 20, 'abc')
    const half = content.subarray(0, content.length / 2)
    const digest = sha256(content)
    const before = await spawnRegistry()
    const place = (await fetch(`${before}/app/blobs/uploads/`, { method: 'POST' })).headers.get('location')!.replace('/v2', '')
    // Half is acknowledged; of the rest some is on its way when the process dies.
    expect((await fetch(before + place, { method: 'PATCH', body: half })).status).to.equal(202)
    const open = request(`${before}${place}`, { method: 'PATCH' })
    open.on('error', () => {})
    open.write(content.subarray(half.length, half.length + 100_000))
    await new Promise(resolve => setImmediate(resolve))
    await kill()
    open.destroy()

    const after = await spawnRegistry()
    expect((await fetch(`${after}/app/blobs/${digest}`, { method: 'HEAD' })).status).to.equal(404)
    const range = (await fetch(after + place)).headers.get('range')!
    const stands = Number(range.split('-')[1]) + 1
    expect(stands).to.be.within(half.length, half.length + 100_000)
    const done = await fetch(`${after}${place}?digest=${digest}`, {
      method: 'PUT',
      headers: { 'content-range': `${stands}-${content.length - 1}` },
      body: content.subarray(stands),
    })
    expect(done.status).to.equal(201)
    expect(sha256(Buffer.from(await (await fetch(`${after}/app/blobs/${digest}`)).arrayBuffer()))).to.equal(digest)
  })

  it('answers 507 when the disk is full, serves what it has, and goes on when there is room', async function () {
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', root], { stdio: 'pipe' })
    } catch {
      console.log('      skipped: mounting a small tmpfs needs root')
      return this.skip()
    }
    const registry = await startRegistry({ root })
    try {
      const app = { registry: registry.host, repository: 'app' }
      await pushImage(registry.client, app, 'small', 'v1')
      const big = Buffer.alloc(4 << 20, 1)
      const full = await fetch(`${registry.url}/v2/app/blobs/uploads/?digest=${sha256(big)}`, { method: 'POST', body: big })
      expect(full.status).to.equal(507)
      expect(await full.text()).to.match(/"UNKNOWN".*no space left on the registry's disk/)
      expect((await registry.client.fetchManifest({ ...app, tag: 'v1' })).descriptor.size).to.be.greaterThan(0)
      const fits = Buffer.alloc(1 << 20, 2)
      const room = await fetch(`${registry.url}/v2/app/blobs/uploads/?digest=${sha256(fits)}`, { method: 'POST', body: fits })
      expect(room.status).to.equal(201)
    } finally {
      await registry.stop()
      execFileSync('umount', ['--lazy', root])
    }
  })
})

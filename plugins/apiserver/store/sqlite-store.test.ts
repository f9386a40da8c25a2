import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isStatus } from '@slipway/core/api'
import { expect } from 'chai'
import { SqliteStore } from './sqlite-store.ts'
import { storeContract } from './store.contract.ts'

const folder = () => mkdtemp(join(tmpdir(), 'slipway-store-'))

storeContract('sqlite', async window => {
  const dir = await folder()
  const file = join(dir, 'objects.db')
  let store = new SqliteStore({ file, ...(window && { window }) })
  return {
    store,
    async reopen() {
      await store.close()
      store = new SqliteStore({ file, ...(window && { window }) })
      return store
    },
    async clean() {
      await store.close()
      await rm(dir, { recursive: true, force: true })
    },
  }
})

describe('sqlite store', () => {
  let dir: string
  beforeEach(async () => void (dir = await folder()))
  afterEach(() => rm(dir, { recursive: true, force: true }))

  it('keeps every acknowledged write when its process is killed, again and again', async function () {
    this.timeout(60_000)
    const file = join(dir, 'objects.db')
    const acknowledged = new Map<string, number>()
    for (let round = 0; round < 5; round++) {
      const child = fork(new URL('./crash-writer.fixture.ts', import.meta.url), [file, String(round)], { silent: true })
      let count = 0
      child.on('message', ([name, value]: [string, number]) => {
        acknowledged.set(name, value)
        if (++count === 200 + round * 37) child.kill('SIGKILL')
      })
      await once(child, 'exit')
      expect(count, 'the child wrote before it was killed').to.be.at.least(200)
      const store = new SqliteStore({ file })
      for (const [name, value] of acknowledged) {
        const entry = store.get({ resource: 'things', namespace: 'demo', name })
        expect((entry?.object as unknown as { value: number } | undefined)?.value, name).to.be.at.least(value)
      }
      await store.close()
    }
  })

  it('names the file and the remedy when another process holds it', async () => {
    const file = join(dir, 'objects.db')
    const store = new SqliteStore({ file })
    expect(() => new SqliteStore({ file })).to.throw(/objects\.db is in use by another process/)
    await store.close()
  })

  it('answers 507 when the disk is full, loses nothing, and goes on when there is room', async () => {
    const file = join(dir, 'objects.db')
    const store = new SqliteStore({ file, pageLimit: 40 })
    const put = (name: string, size: number) =>
      store.write(tx =>
        tx.put({ resource: 'things', namespace: 'demo', name }, {
          apiVersion: 'v1',
          kind: 'Thing',
          metadata: { name },
          data: 'x'.repeat(size),
        } as never),
      )
    await put('small', 100)
    let failure: unknown
    const heard: string[] = []
    store.subscribe('things', changes => heard.push(...changes.map(c => c.entry.name)))
    await put('big', 1_000_000).catch(error => void (failure = error))
    expect(isStatus(failure, 'InsufficientStorage')).to.equal(true)
    expect((failure as Error).message).to.match(/objects\.db is full: nothing was changed/)
    expect(store.get({ resource: 'things', namespace: 'demo', name: 'big' })).to.equal(undefined)
    await put('after', 100)
    expect(heard).to.deep.equal(['after'])
    await store.close()
    const again = new SqliteStore({ file })
    expect(again.list('things').map(e => [e.name, e.version])).to.deep.equal([
      ['after', 2],
      ['small', 1],
    ])
    await again.close()
  })
})

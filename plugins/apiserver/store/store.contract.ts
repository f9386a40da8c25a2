/** What every store must do; run it with `storeContract('name', open)`. */
import { isStatus, type KubeObject, StatusError } from '@slipway/core/api'
import { expect } from 'chai'
import type { Change, Key, Store } from './store.ts'

const key = (name: string, namespace = 'demo', resource = 'things'): Key => ({ resource, namespace, name })
const thing = (name: string, value = 0, namespace = 'demo'): KubeObject & { value: number } => ({
  apiVersion: 'v1',
  kind: 'Thing',
  metadata: { name, namespace },
  value,
})
const names = (entries: Iterable<{ namespace: string; name: string }>) => [...entries].map(e => `${e.namespace}/${e.name}`)
const shown = (changes: readonly Change[] | undefined) =>
  changes?.map(({ type, version, entry, previous }) => [type, entry.name, version, previous?.version])

export interface StoreOfTest {
  store: Store
  /** Closes and opens again what is on disk. */
  reopen(): Promise<Store>
  clean(): Promise<void>
}

export function storeContract(name: string, open: (limits?: { changes: number }) => Promise<StoreOfTest>): void {
  describe(`store contract: ${name}`, () => {
    let test: StoreOfTest
    let store: Store
    beforeEach(async () => {
      test = await open()
      store = test.store
    })
    afterEach(() => test.clean())

    it('numbers changes with one increasing revision', async () => {
      const versions = await Promise.all([
        store.write(tx => tx.put(key('a'), thing('a')).version),
        store.write(tx => tx.put(key('b', 'demo', 'others'), thing('b')).version),
        store.write(tx => tx.put(key('a'), thing('a', 1)).version),
      ])
      expect(versions).to.deep.equal([1, 2, 3])
      expect(store.revision).to.equal(3)
      expect(store.get(key('a'))!.object.metadata.resourceVersion).to.equal('3')
    })

    it('shows readers nothing before the commit, and later writers everything', async () => {
      let seen: unknown
      const first = store.write(tx => {
        tx.put(key('a'), thing('a'))
        seen = store.get(key('a'))
      })
      const second = store.write(tx => names(tx.list('things')))
      expect(store.get(key('a'))).to.equal(undefined)
      await first
      expect(seen).to.equal(undefined)
      expect(await second).to.deep.equal(['demo/a'])
    })

    it('takes back what a failing writer did, and only that', async () => {
      const results = await Promise.allSettled([
        store.write(tx => tx.put(key('a'), thing('a'))),
        store.write(tx => {
          tx.put(key('a'), thing('a', 7))
          tx.put(key('b'), thing('b'))
          throw new StatusError(409, 'Conflict', 'no')
        }),
        store.write(tx => tx.put(key('c'), thing('c'))),
      ])
      expect(results.map(r => r.status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled'])
      expect(isStatus((results[1] as PromiseRejectedResult).reason, 'Conflict')).to.equal(true)
      expect(names(store.list('things'))).to.deep.equal(['demo/a', 'demo/c'])
      expect(store.get(key('a'))!.object).to.include({ value: 0 })
      expect(store.revision).to.equal(2)
    })

    it('lists sorted by namespace and name, bytewise', async () => {
      await store.write(tx => {
        for (const [n, ns] of [
          ['b', 'demo'],
          ['a-b', 'demo'],
          ['a', 'demo'],
          ['z', 'de'],
          ['a', 'demo-2'],
        ] as const)
          tx.put(key(n, ns), thing(n, 0, ns))
      })
      expect(names(store.list('things'))).to.deep.equal(['de/z', 'demo/a', 'demo/a-b', 'demo/b', 'demo-2/a'])
      expect(names(store.list('things', 'demo'))).to.deep.equal(['demo/a', 'demo/a-b', 'demo/b'])
      expect(names(store.list('things', 'none'))).to.deep.equal([])
    })

    it('tells subscribers of a resource, in order, with what was before', async () => {
      const heard: Change[] = []
      const stop = store.subscribe('things', changes => heard.push(...changes))
      await store.write(tx => tx.put(key('a'), thing('a')))
      await store.write(tx => tx.put(key('x', 'demo', 'others'), thing('x')))
      await store.write(tx => tx.put(key('a'), thing('a', 1)))
      await store.write(tx => tx.remove(key('a'), thing('a', 1)))
      stop()
      await store.write(tx => tx.put(key('a'), thing('a', 2)))
      const all = [
        ['ADDED', 'a', 1, undefined],
        ['MODIFIED', 'a', 3, 1],
        ['DELETED', 'a', 4, 3],
      ]
      expect(shown(heard)).to.deep.equal(all)
      expect(shown(store.changesSince('things', 0))).to.deep.equal([...all, ['ADDED', 'a', 5, undefined]])
      expect(shown(store.changesSince('things', 3))).to.deep.equal([...all.slice(2), ['ADDED', 'a', 5, undefined]])
      expect(heard[2]!.entry.object.metadata.resourceVersion).to.equal('4')
    })

    it('has everything after it was closed and opened again, changes included', async () => {
      await store.write(tx => tx.put(key('a'), thing('a')))
      await store.write(tx => tx.put(key('b'), thing('b')))
      await store.write(tx => tx.put(key('a'), thing('a', 5)))
      await store.write(tx => tx.remove(key('b'), thing('b')))
      const before = shown(store.changesSince('things', 0))
      store = await test.reopen()
      expect(store.revision).to.equal(4)
      expect(names(store.list('things'))).to.deep.equal(['demo/a'])
      expect(store.get(key('a'))!.object).to.include({ value: 5 })
      expect(shown(store.changesSince('things', 0))).to.deep.equal(before)
    })

    it('forgets the oldest changes, says so, and never the objects', async () => {
      await test.clean()
      test = await open({ changes: 10 })
      store = test.store
      for (let i = 0; i < 30; i++) await store.write(tx => tx.put(key('a'), thing('a', i)))
      await store.write(tx => tx.put(key('gone'), thing('gone')))
      await store.write(tx => tx.remove(key('gone'), thing('gone')))
      for (let i = 0; i < 30; i++) await store.write(tx => tx.put(key('b'), thing('b', i)))
      const check = () => {
        expect(store.changesSince('things', 5)).to.equal(undefined)
        expect(store.changesSince('things', 61)).to.have.length(1)
        expect(names(store.list('things'))).to.deep.equal(['demo/a', 'demo/b'])
        expect(store.get(key('a'))!.object).to.include({ value: 29 })
        expect(store.revision).to.equal(62)
      }
      check()
      store = await test.reopen()
      check()
    })

    it('refuses writes once it is closed, and commits those that were waiting', async () => {
      const waiting = store.write(tx => tx.put(key('a'), thing('a')))
      await store.close()
      await waiting
      await store
        .write(() => {})
        .then(
          () => expect.fail('it wrote'),
          () => {},
        )
      store = await test.reopen()
      expect(names(store.list('things'))).to.deep.equal(['demo/a'])
    })
  })
}

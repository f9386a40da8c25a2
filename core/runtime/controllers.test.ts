import { expect } from 'chai'
import { ConfigMap, Secret } from '../api/builtin.ts'
import type { KubeObject } from '../api/meta.ts'
import { conflict } from '../api/status-error.ts'
import { createInformers } from '../client/informers.ts'
import { silentLog } from '../observe/log.ts'
import { fakeApi } from '../testing/fake-api.ts'
import { fakeClock } from '../testing/fake-clock.ts'
import { startControllers } from './controllers.ts'
import { reconciler } from './declared-reconciler.ts'

const owner = (name: string, data: Record<string, string> = {}) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'demo' }, data }) as unknown as ConfigMap
const child = (name: string) => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'demo' } }) as KubeObject

/** A ConfigMap wants a Secret for each of its keys. */
const secretsOfKeys = reconciler<ConfigMap, ConfigMap>({
  name: 'secrets-of-keys',
  kind: ConfigMap,
  owns: [Secret],
  prune: [Secret],
  observe: object => object,
  desired: object => ({ children: Object.keys(object.data ?? {}).map(key => child(`${object.metadata.name}-${key}`)) }),
})

const settle = async () => {
  for (let i = 0; i < 30; i++) await new Promise(resolve => setImmediate(resolve))
}

function running(...objects: KubeObject[]) {
  const api = fakeApi(...objects)
  const clock = fakeClock()
  const stopping = new AbortController()
  const informers = createInformers({ api, log: silentLog, signal: stopping.signal, clock })
  const controllers = startControllers([secretsOfKeys], { api, informers, log: silentLog, clock })
  const stop = async () => {
    stopping.abort()
    await controllers.stop()
  }
  const secrets = () =>
    api
      .all('Secret')
      .map(o => o.metadata.name)
      .sort()
  return { api, clock, controllers, stop, secrets }
}

describe('controllers', () => {
  it('makes the children that objects want, with a controller reference', async () => {
    const { api, secrets, stop } = running(owner('a', { x: '1', y: '2' }))
    await settle()
    expect(secrets()).to.deep.equal(['a-x', 'a-y'])
    expect(api.all('Secret')[0]!.metadata.ownerReferences![0]).to.include({ kind: 'ConfigMap', name: 'a', controller: true })
    await stop()
  })

  it('writes nothing when nothing differs', async () => {
    const { api, controllers, stop } = running(owner('a', { x: '1' }))
    await settle()
    const before = api.writes.length
    controllers.enqueue('secrets-of-keys', 'demo/a')
    await settle()
    expect(api.writes.length).to.equal(before)
    await stop()
  })

  it('restores a child that was deleted, and prunes one that is no longer wanted', async () => {
    const { api, secrets, stop } = running(owner('a', { x: '1', y: '2' }))
    await settle()
    await api.delete(Secret, { namespace: 'demo', name: 'a-x' })
    await settle()
    expect(secrets()).to.deep.equal(['a-x', 'a-y'])
    await api.patch(ConfigMap, { namespace: 'demo', name: 'a' }, 'merge', { data: { y: null } })
    await settle()
    expect(secrets()).to.deep.equal(['a-x'])
    await stop()
  })

  it('tries again after a failure, with back-off', async () => {
    const { api, clock, secrets, stop } = running()
    api.failNext('apply', 'Secret', conflict('secrets', '', 'a-x', 'try later'))
    await api.create(ConfigMap, owner('a', { x: '1' }))
    await settle()
    expect(secrets()).to.deep.equal([])
    await clock.advance(5)
    await settle()
    expect(secrets()).to.deep.equal(['a-x'])
    await stop()
  })

  it('leaves a child of another controller alone', async () => {
    const foreign = child('a-x')
    foreign.metadata.ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'b', uid: 'other', controller: true }]
    const { api, stop } = running(foreign, owner('a', { x: '1' }))
    await settle()
    expect(api.writes.filter(w => w.kind === 'Secret')).to.deep.equal([])
    await stop()
  })
})

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { s } from '../api/schema.ts'
import { silentLog } from '../observe/log.ts'
import { definePlugin, type Plugin } from './define-plugin.ts'
import { PluginError, startHost, startOrder } from './host.ts'
import { token } from './token.ts'

const Number1 = token<number>('one')
const Number2 = token<number>('two')
const provider = (name: string, provides = { one: Number1 }): Plugin =>
  definePlugin({ name, provides, start: () => ({ one: 1 }) as never })
const needs = (name: string, requires: Record<string, typeof Number1>, provides = {}): Plugin =>
  definePlugin({ name, requires, provides, start: () => ({}) as never })

const wrong = [
  { name: 'a missing provider', plugins: [needs('b', { one: Number1 })], reason: 'MissingProvider', says: '"b" requires one' },
  { name: 'a double provider', plugins: [provider('a'), provider('b')], reason: 'DuplicateProvider', says: '"a" and "b"' },
  { name: 'a double name', plugins: [provider('a'), needs('a', {})], reason: 'DuplicatePlugin', says: '"a"' },
  {
    name: 'a circle',
    plugins: [needs('a', { two: Number2 }, { one: Number1 }), needs('b', { one: Number1 }, { two: Number2 })],
    reason: 'Cycle',
    says: 'a → b → a',
  },
]

describe('plugin host', () => {
  let dataDir = ''
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'host-'))
  })
  afterEach(() => rm(dataDir, { recursive: true }))

  for (const { name, plugins, reason, says } of wrong)
    it(`refuses ${name}, by name`, () => {
      expect(() => startOrder(plugins))
        .to.throw(PluginError, says)
        .with.property('reason', reason)
    })

  it('starts providers before those that require them, whatever the order', () => {
    expect(startOrder([needs('b', { one: Number1 }), provider('a')]).map(p => p.name)).to.deep.equal(['a', 'b'])
  })

  it('hands on what is provided, and stops in reverse', async () => {
    const seen: string[] = []
    const a = definePlugin({
      name: 'a',
      provides: { one: Number1 },
      start: ({ onStop }) => {
        onStop(() => void seen.push('stop a'))
        return { one: 41 }
      },
    })
    const b = definePlugin({
      name: 'b',
      requires: { one: Number1 },
      start: ({ one, onStop }) => {
        seen.push(`got ${one}`)
        onStop(() => void seen.push('stop b'))
        return {}
      },
    })
    const host = await startHost({ plugins: [b, a], dataDir, log: silentLog })
    expect(host.get(Number1)).to.equal(41)
    await host.stop()
    expect(seen).to.deep.equal(['got 41', 'stop b', 'stop a'])
  })

  it('stops what had started when a later plugin fails', async () => {
    const seen: string[] = []
    const a = definePlugin({
      name: 'a',
      start: ({ onStop }) => {
        onStop(() => void seen.push('stopped'))
        return {}
      },
    })
    const b = definePlugin({ name: 'b', start: () => Promise.reject(new Error('port 80 is taken')) })
    await startHost({ plugins: [a, b], dataDir, log: silentLog }).then(
      () => expect.fail('it started'),
      error => expect(error.message).to.equal('plugin "b" did not start: port 80 is taken'),
    )
    expect(seen).to.deep.equal(['stopped'])
  })

  it('names each wrong field of a configuration', async () => {
    const a = definePlugin({ name: 'a', config: s.object({ port: s.port().default(80) }), start: () => ({}) })
    await startHost({ plugins: [a], config: { a: { port: 'x', prot: 1 } }, dataDir, log: silentLog }).then(
      () => expect.fail('it started'),
      error => expect(error.message).to.include('plugins.a.port').and.include('plugins.a.prot: unknown field'),
    )
  })
})

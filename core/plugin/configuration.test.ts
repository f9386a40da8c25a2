import { expect } from 'chai'
import { s } from '../api/schema.ts'
import { configured, environmentOf, parseConfiguration } from './configuration.ts'
import { definePlugin } from './define-plugin.ts'

const plugin = definePlugin({
  name: 'git-server',
  config: s.object({
    port: s.port().default(3000),
    addresses: s.array(s.string()).default([]),
    autoCreate: s.boolean().default(true),
    host: s.string().optional(),
  }),
  start: () => ({}),
})

const environments: { env: Record<string, string>; wants: Record<string, unknown> }[] = [
  { env: { SLIPWAY_GIT_SERVER_PORT: '81' }, wants: { port: 81 } },
  { env: { SLIPWAY_GIT_SERVER_ADDRESSES: 'a, b' }, wants: { addresses: ['a', 'b'] } },
  { env: { SLIPWAY_GIT_SERVER_AUTO_CREATE: 'false' }, wants: { autoCreate: false } },
  { env: { SLIPWAY_GIT_SERVER_HOST: '10' }, wants: { host: '10' } },
  { env: { SLIPWAY_OTHER_PORT: '81' }, wants: {} },
]

describe('configuration', () => {
  for (const { env, wants } of environments)
    it(`takes ${Object.keys(env)[0]} from the environment`, () => expect(environmentOf(plugin, env)).to.deep.equal(wants))

  const wrong = [
    { name: 'YAML that is none', text: 'plugins: [', says: 'slipway.yaml' },
    { name: 'an unknown field', text: 'plugin: {}', says: 'plugin: unknown field' },
    { name: 'a wrong type', text: 'extra: 3', says: 'extra' },
  ]
  for (const { name, text, says } of wrong)
    it(`refuses ${name}`, () => expect(() => parseConfiguration(text, 'slipway.yaml')).to.throw(says))

  it('leaves a plugin out that is set to false', () =>
    expect(configured([plugin], { plugins: { 'git-server': false } }, {}).plugins).to.deep.equal([]))
  it('names a plugin that is not there', () => expect(() => configured([plugin], { plugins: { gti: {} } }, {})).to.throw('gti'))
})

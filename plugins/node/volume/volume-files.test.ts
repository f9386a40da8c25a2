import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import { podOf, shell } from '../testing/node-fixture.ts'
import { writeAtomically } from './atomic-writer.ts'
import { filesOfVolume, referencedByVolumes, type VolumeFiles } from './volume-files.ts'

const inputs = {
  configMap: (name: string) =>
    name === 'cm'
      ? ({
          kind: 'ConfigMap',
          data: { a: 'alpha' },
          binaryData: { b: Buffer.from([0, 255]).toString('base64') },
        } as unknown as k8s.ConfigMap)
      : undefined,
  secret: (name: string) =>
    name === 's' ? ({ kind: 'Secret', data: { p: Buffer.from('pw').toString('base64') } } as unknown as k8s.Secret) : undefined,
  token: (audience: string | undefined, seconds: number) => `${audience}/${seconds}`,
  facts: {
    pod: podOf('p', { containers: [shell('a', '')] }),
    nodeName: 'n',
    hostIP: 'h',
    podIP: 'i',
    allocatable: { cpu: 1, memory: 1 },
  },
}
const shown = (files: VolumeFiles) =>
  Object.fromEntries([...files].map(([path, { content, mode }]) => [path, `${mode.toString(8)} ${content.toString('latin1')}`]))

describe('volumes of files', () => {
  const cases: { name: string; volume: Omit<k8s.Volume, 'name'>; want: Record<string, string> }[] = [
    { name: 'a configMap', volume: { configMap: { name: 'cm' } }, want: { a: '644 alpha', b: '644 \0ÿ' } },
    {
      name: 'some keys of it',
      volume: { configMap: { name: 'cm', defaultMode: 0o600, items: [{ key: 'a', path: 'x/y', mode: 0o400 }] } },
      want: { 'x/y': '400 alpha' },
    },
    { name: 'one that may be missing', volume: { configMap: { name: 'absent', optional: true } }, want: {} },
    { name: 'a secret', volume: { secret: { secretName: 's', defaultMode: 0o400 } }, want: { p: '400 pw' } },
    {
      name: 'the downward API',
      volume: { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
      want: { name: '644 p' },
    },
    {
      name: 'all of them projected',
      volume: {
        projected: {
          sources: [
            { configMap: { name: 'cm', items: [{ key: 'a', path: 'a' }] } },
            { secret: { name: 's' } },
            { serviceAccountToken: { path: 'token', audience: 'me', expirationSeconds: 600 } },
          ],
        },
      },
      want: { a: '644 alpha', p: '644 pw', token: '644 me/600' },
    },
  ]
  for (const { name, volume, want } of cases)
    it(name, () => expect(shown(filesOfVolume({ name: 'v', ...volume }, inputs))).to.deep.equal(want))

  for (const { name, volume, message } of [
    { name: 'no configMap', volume: { configMap: { name: 'absent' } }, message: 'configmap "absent" not found' },
    {
      name: 'no key',
      volume: { configMap: { name: 'cm', items: [{ key: 'z', path: 'z' }] } },
      message: 'references non-existent config key: z',
    },
    {
      name: 'a path that leaves',
      volume: { configMap: { name: 'cm', items: [{ key: 'a', path: '../a' }] } },
      message: `invalid path "../a": must be relative and must not contain '..'`,
    },
    {
      name: 'an unknown source',
      volume: { projected: { sources: [{ clusterTrustBundle: { path: 'x' } }] } },
      message: 'has a source that this node does not know: clusterTrustBundle',
    },
  ])
    it(`fails: ${name}`, () => {
      expect(() => filesOfVolume({ name: 'v', ...volume } as k8s.Volume, inputs)).to.throw(message)
    })

  it('says what must be fetched', () => {
    const { configMaps, secrets, tokens } = referencedByVolumes([
      {
        name: 'v',
        projected: {
          sources: [{ configMap: { name: 'cm' } }, { secret: { name: 's' } }, { serviceAccountToken: { path: 't' } }],
        },
      },
    ])
    expect([[...configMaps], [...secrets], tokens]).to.deep.equal([['cm'], ['s'], [{ seconds: 3600 }]])
  })
})

describe('the atomic writer', () => {
  let dir: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'slipway-volume-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const files = (all: Record<string, string>): VolumeFiles =>
    new Map(Object.entries(all).map(([path, text]) => [path, { content: Buffer.from(text), mode: 0o640 }]))

  it('swaps all files at once', async () => {
    expect(await writeAtomically(dir, files({ a: '1', 'd/b': '2' }))).to.equal(true)
    const first = readlinkSync(join(dir, '..data'))
    expect([
      readFileSync(join(dir, 'a'), 'utf8'),
      readFileSync(join(dir, 'd/b'), 'utf8'),
      statSync(join(dir, 'a')).mode & 0o777,
    ]).to.deep.equal(['1', '2', 0o640])
    expect(await writeAtomically(dir, files({ a: '1', 'd/b': '2' }))).to.equal(false)
    expect(await writeAtomically(dir, files({ a: '3' }))).to.equal(true)
    expect(readFileSync(join(dir, 'a'), 'utf8')).to.equal('3')
    expect(readdirSync(dir).sort()).to.deep.equal([readlinkSync(join(dir, '..data')), '..data', 'a'].sort())
    expect(readlinkSync(join(dir, '..data'))).not.to.equal(first)
  })
})

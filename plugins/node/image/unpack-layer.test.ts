import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { type Entry, tarOf } from '../testing/layout.ts'
import { insideOf, PathEscape } from './inside.ts'
import { type Compression, unpackLayer } from './unpack-layer.ts'

const isRoot = process.getuid?.() === 0

describe('unpacking a layer', () => {
  let dir: string
  let root: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'slipway-layer-'))
    root = join(dir, 'root')
    mkdirSync(root)
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const unpack = async (entries: Entry[]) => unpackLayer(Readable.from([await tarOf(entries)]), 'none', root)

  for (const [compression, compress] of [
    ['none', (b: Buffer) => b],
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ] as [Compression, (b: Buffer) => Buffer][])
    it(`reads ${compression}`, async () => {
      await unpackLayer(
        Readable.from([compress(await tarOf([{ name: 'a/b', content: 'text', mode: 0o750 }]))]),
        compression,
        root,
      )
      expect(readFileSync(join(root, 'a/b'), 'utf8')).to.equal('text')
      expect(statSync(join(root, 'a/b')).mode & 0o7777).to.equal(0o750)
      expect(statSync(join(root, 'a/b')).mtimeMs).to.equal(0)
    })

  it('makes folders, links and owners as they are said', async function () {
    if (!isRoot) return this.skip()
    await unpack([
      { name: 'd', folder: true, mode: 0o1777 },
      { name: 'd/f', content: 'x', uid: 42 },
      { name: 'l', link: '/d/f' },
      { name: 'h', hard: 'd/f' },
    ])
    expect(statSync(join(root, 'd')).mode & 0o7777).to.equal(0o1777)
    expect([statSync(join(root, 'd/f')).uid, statSync(join(root, 'h')).ino]).to.deep.equal([42, statSync(join(root, 'd/f')).ino])
    expect(readlinkSync(join(root, 'l'))).to.equal('/d/f')
  })

  it('takes the later of two entries', async () => {
    await unpack([
      { name: 'x/y', content: 'a' },
      { name: 'x', content: 'file' },
    ])
    expect(readFileSync(join(root, 'x'), 'utf8')).to.equal('file')
    await unpack([
      { name: 'x', folder: true },
      { name: 'x/z', content: 'b' },
    ])
    expect(readdirSync(join(root, 'x'))).to.deep.equal(['z'])
  })

  it('collects whiteouts', async () => {
    const marks = await unpack([
      { name: 'a/.wh.gone', content: '' },
      { name: 'b/.wh..wh..opq', content: '' },
    ])
    expect(marks).to.deep.equal({ whiteouts: ['/a/gone'], opaque: ['/b'] })
    expect(readdirSync(root)).to.deep.equal([])
  })

  for (const { name, entries } of [
    { name: 'dots', entries: [{ name: '../../out', content: 'evil' }] },
    { name: 'an absolute path', entries: [{ name: '/out', content: 'evil' }] },
    {
      name: 'a link to the outside',
      entries: [
        { name: 'l', link: '../../..' },
        { name: 'l/out', content: 'evil' },
      ],
    },
    {
      name: 'an absolute link',
      entries: [
        { name: 'l', link: 'OUTSIDE' },
        { name: 'l/out', content: 'evil' },
      ],
    },
    {
      name: 'a link over which a file is written',
      entries: [
        { name: 'out', link: 'OUTSIDE/out' },
        { name: 'out', content: 'evil' },
      ],
    },
    {
      name: 'a link to a link',
      entries: [
        { name: 'a', link: 'b' },
        { name: 'b', link: 'OUTSIDE' },
        { name: 'a/out', content: 'evil' },
      ],
    },
  ] as { name: string; entries: Entry[] }[])
    it(`lets nothing out: ${name}`, async () => {
      const outside = join(dir, 'outside')
      mkdirSync(outside)
      writeFileSync(join(outside, 'kept'), 'kept')
      const told = entries.map(e => ('link' in e ? { ...e, link: e.link.replace('OUTSIDE', outside) } : e))
      await unpack(told).catch(() => {})
      expect(readdirSync(outside)).to.deep.equal(['kept'])
      expect(existsSync(join(dir, 'out')) || existsSync('/out')).to.equal(false)
    })

  it('lets no hard link out', async () => {
    writeFileSync(join(dir, 'secret'), 'x')
    await unpack([{ name: 'h', hard: '../secret' }]).then(
      () => expect.fail('it was taken'),
      error => expect(error.message).to.match(/cannot unpack h/),
    )
    expect(lstatSync(join(dir, 'secret')).nlink).to.equal(1)
  })

  it('fails on what is no archive', async () => {
    await unpackLayer(Readable.from([Buffer.alloc(600, 'x')]), 'none', root).then(
      () => expect.fail('it was taken'),
      error => expect(error).to.be.an('error'),
    )
  })

  it('resolves every path inside', () => {
    const part = fc.constantFrom('a', 'b', '..', '.', 'l', 'up', '', 'c d')
    rmSync(root, { recursive: true })
    mkdirSync(join(root, 'a'), { recursive: true })
    const links = [
      ['l', '../../../etc'],
      ['up', '..'],
      ['a/l', '/'],
      ['b', 'b'],
    ] as const
    for (const [name, target] of links) symlinkSync(target, join(root, name))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), parts => {
        try {
          return insideOf(root, parts.join('/')).startsWith(`${root}/`)
        } catch (error) {
          return error instanceof PathEscape
        }
      }),
    )
  })
})

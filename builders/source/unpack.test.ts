import { lstat, readdir, readFile, symlink } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect } from 'chai'
import fc from 'fast-check'
import { type Header, pack } from 'tar-stream'
import { isBuildFailure } from '../failure/index.ts'
import { sha256 } from '../image/digest.ts'
import { readBody } from '../image/http.ts'
import { removeFolder, temporaryFolder } from '../testing/temporary.ts'
import { archiveSource } from './archive.ts'
import { entryPath, linkStaysInside, type UnpackLimits, unpackTar } from './unpack.ts'

type Entry = Partial<Header> & { name: string; body?: string }
const tarOf = (entries: Entry[]): Readable => {
  const tar = pack()
  for (const { body = '', ...header } of entries)
    tar.entry(header as Header, header.type && header.type !== 'file' ? undefined : (body as never))
  tar.finalize()
  return tar as unknown as Readable
}

describe('unpacking archives', () => {
  let root: string
  let target: string
  beforeEach(async () => {
    root = await temporaryFolder('unpack')
    target = join(root, 'target')
  })
  afterEach(() => removeFolder(root))
  const unpack = (entries: Entry[], limits?: UnpackLimits) => unpackTar(tarOf(entries), { target, limits })

  it('writes files, folders and links that stay inside', async () => {
    await unpack(
      [
        { name: './' },
        { name: 'a/b/run.sh', body: 'x', mode: 0o6755 },
        { name: 'dir/', type: 'directory' },
        { name: 'a/link', type: 'symlink', linkname: '../dir' },
        { name: 'hard', type: 'link', linkname: 'a/b/run.sh' },
        { name: 'a/b/run.sh', body: 'again', mode: 0o644 },
      ].slice(1) as Entry[],
    )
    expect(await readFile(join(target, 'a/b/run.sh'), 'utf8')).to.equal('again')
    expect(await readFile(join(target, 'hard'), 'utf8')).to.equal('x')
    expect((await lstat(join(target, 'hard'))).mode & 0o7777).to.equal(0o755)
    expect((await lstat(join(target, 'a/link'))).isSymbolicLink()).to.equal(true)
  })

  const evil: [string, Entry[], RegExp][] = [
    ['a path with ..', [{ name: '../x' }], /"\.\."/],
    ['a path with .. inside', [{ name: 'a/../../x' }], /"\.\."/],
    ['an absolute path', [{ name: '/etc/x' }], /absolute/],
    ['a link out', [{ name: 'l', type: 'symlink', linkname: '../../etc' }], /leaves the target/],
    ['an absolute link', [{ name: 'l', type: 'symlink', linkname: '/etc' }], /leaves the target/],
    [
      'a file through a link',
      [{ name: 'd/', type: 'directory' }, { name: 'l', type: 'symlink', linkname: 'd' }, { name: 'l/x' }],
      /goes through l/,
    ],
    [
      'two links that climb together',
      [{ name: 'a/l', type: 'symlink', linkname: '..' }, { name: 'm', type: 'symlink', linkname: 'a/l/..' }, { name: 'm/x' }],
      /goes through m|leaves the target/,
    ],
    ['a hard link out', [{ name: 'h', type: 'link', linkname: '../x' }], /"\.\."/],
    [
      'a hard link to a link',
      [
        { name: 'd/', type: 'directory' },
        { name: 'l', type: 'symlink', linkname: 'd' },
        { name: 'h', type: 'link', linkname: 'l' },
      ],
      /not to a file/,
    ],
    ['a device', [{ name: 'dev', type: 'character-device' }], /character-device/],
    ['a pipe', [{ name: 'p', type: 'fifo' }], /fifo/],
    ['a file in place of a folder', [{ name: 'd/', type: 'directory' }, { name: 'd' }], /folder is in its place/],
  ]
  for (const [name, entries, message] of evil)
    it(`refuses ${name}`, async () => {
      const error = await unpack(entries).catch(e => e)
      expect(error).to.include({ reason: 'UnsafeArchive', blame: 'user' })
      expect(error.message).to.match(message)
      expect(await readdir(root)).to.deep.equal(['target'])
    })

  it('does not write through a link that was there before', async () => {
    await unpack([{ name: 'd/', type: 'directory' }])
    await symlink(root, join(target, 'out'))
    expect(await unpack([{ name: 'out/x' }]).catch(e => e)).to.include({ reason: 'UnsafeArchive' })
  })

  it('stops at its limits', async () => {
    const many = Array.from({ length: 11 }, (_, i) => ({ name: `f${i}` }))
    expect(await unpack(many, { entries: 10 }).catch(e => e)).to.include({ reason: 'ArchiveTooLarge' })
    expect(await unpack([{ name: 'f', body: 'x'.repeat(100) }], { bytes: 99 }).catch(e => e)).to.include({
      reason: 'ArchiveTooLarge',
    })
  })

  const name = fc.array(fc.constantFrom('..', '.', '', 'a', 'b', 'c\\..', 'd'), { maxLength: 5 }).map(parts => parts.join('/'))
  it('paths never leave the target', () =>
    fc.assert(
      fc.property(fc.oneof(name, fc.string()), fc.nat(2), (text, strip) => {
        try {
          const path = entryPath(text, strip)
          if (path !== undefined) expect(join('/t', path)).to.match(/^\/t\/./)
        } catch (error) {
          if (!isBuildFailure(error)) throw error
        }
      }),
    ))
  it('links never point out', () =>
    fc.assert(
      fc.property(name, name, (at, to) => {
        const place = at.includes('..') ? undefined : entryPath(at.replace(/^\/+/, ''))
        if (!place || !linkStaysInside(place, to)) return
        expect(join('/t', place, '..', to)).to.match(/^\/t(\/|$)/)
      }),
    ))
  it('whatever an archive holds, nothing appears beside the target', () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            name: name.filter(n => n !== ''),
            type: fc.constantFrom('file', 'directory', 'symlink', 'link') as fc.Arbitrary<Header['type']>,
            linkname: name.filter(n => n !== ''),
          }),
          { maxLength: 6 },
        ),
        async entries => {
          await unpack(entries.map(e => (e.type === 'file' ? { ...e, linkname: undefined, body: 'x' } : e)) as Entry[]).catch(
            error => {
              if (!isBuildFailure(error)) throw error
            },
          )
          expect(await readdir(root)).to.deep.equal(['target'])
          await removeFolder(target)
        },
      ),
      { numRuns: 60 },
    ))

  describe('from a server', () => {
    let server: Server
    let url: string
    let content: Buffer
    before(async () => {
      server = createServer((request, response) => {
        if (request.url === '/gone') return void response.writeHead(404).end()
        response.end(content)
      })
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/source.tar`
    })
    after(() => void server.close())
    beforeEach(async () => {
      content = await readBody(tarOf([{ name: 'top/a.txt', body: 'hello' }]), 1 << 20, 'tar')
    })

    for (const [name, wrap] of [
      ['tar', (b: Buffer) => b],
      ['tar.gz', gzipSync],
      ['tar.zst', zstdCompressSync],
    ] as [string, (b: Buffer) => Buffer][])
      it(`fetches a ${name} and checks it`, async () => {
        content = wrap(content)
        const fetched = await archiveSource.fetch({ url, checksum: sha256(content), strip: 1 }, { target })
        expect(fetched).to.deep.equal({ url, commit: sha256(content) })
        expect(await readFile(join(target, 'a.txt'), 'utf8')).to.equal('hello')
      })

    it('keeps nothing of one whose checksum differs', async () => {
      const error = await archiveSource.fetch({ url, checksum: '0'.repeat(64) }, { target }).catch(e => e)
      expect(error).to.include({ reason: 'ChecksumMismatch' })
      expect(await readdir(target)).to.deep.equal([])
    })

    const failures: [string, () => { url: string; checksum?: string }, () => Buffer, string][] = [
      ['a missing file', () => ({ url: url.replace('/source.tar', '/gone') }), () => content, 'ArchiveUnavailable'],
      ['a server that is down', () => ({ url: 'http://127.0.0.1:1/x' }), () => content, 'ArchiveUnavailable'],
      ['another protocol', () => ({ url: 'file:///etc/passwd' }), () => content, 'InvalidArchiveSource'],
      ['a malformed checksum', () => ({ url, checksum: 'md5:1' }), () => content, 'InvalidArchiveSource'],
      ['a zip', () => ({ url }), () => Buffer.from('PK\x03\x04'), 'UnsupportedArchive'],
      ['half a tar', () => ({ url }), () => content.subarray(0, 700), 'InvalidArchive'],
      ['half a tar.gz', () => ({ url }), () => gzipSync(content).subarray(0, 40), 'InvalidArchive'],
      ['nothing', () => ({ url }), () => Buffer.alloc(0), 'InvalidArchive'],
      ['a text', () => ({ url }), () => Buffer.alloc(1024, 'x'), 'InvalidArchive'],
    ]
    for (const [name, spec, body, reason] of failures)
      it(`says what is wrong with ${name}`, async () => {
        content = body()
        expect(await archiveSource.fetch(spec(), { target }).catch(e => e)).to.include({ reason })
      })
  })
})

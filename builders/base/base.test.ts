import { execFileSync } from 'node:child_process'
import { cp, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { sha256 } from '../image/digest.ts'
import { readBody } from '../image/http.ts'
import { removeFolder, temporaryFolder } from '../testing/temporary.ts'
import { complete, packFiles } from './pack-files.ts'
import { parseLdd } from './shared-libraries.ts'
import { stepCode } from './step-code.ts'

describe('parseLdd', () => {
  it('finds libraries and the loader', () =>
    expect(
      parseLdd('\tlinux-vdso.so.1 (0x1)\n\tlibc.so.6 => /lib/x/libc.so.6 (0x2)\n\t/lib64/ld-linux-x86-64.so.2 (0x3)\n', 'x'),
    ).to.deep.equal(['/lib/x/libc.so.6', '/lib64/ld-linux-x86-64.so.2']))
  it('names what is missing', () =>
    expect(() => parseLdd('\tlibz.so.1 => not found\n', '/bin/x')).to.throw('/bin/x needs libz.so.1, which this machine lacks'))
})

describe('packed files', () => {
  it('have their folders, each once, sorted', () =>
    expect(
      complete([
        { path: 'b/c/d', content: '' },
        { path: 'b/c', directory: true, mode: 0o700 },
        { path: 'a', link: 'b' },
      ]).map(f => f.path),
    ).to.deep.equal(['a', 'b', 'b/c', 'b/c/d']))
  it('give the same bytes in any order', async () => {
    const files = [
      { path: 'a/x', content: '1' },
      { path: 'b', link: 'a' },
    ]
    const digests = await Promise.all(
      [files, files.toReversed()].map(async f => sha256(await readBody(packFiles(f), 1 << 20, 'tar'))),
    )
    expect(digests[0]).to.equal(digests[1])
  })
})

describe('step code', () => {
  let root: string
  before(async () => {
    root = await temporaryFolder('steps')
    for (const file of await stepCode()) {
      const at = join(root, file.path)
      await mkdir(dirname(at), { recursive: true })
      if ('from' in file) await cp(file.from, at, { dereference: true })
      else if ('content' in file) await writeFile(at, file.content)
      else if ('link' in file) await symlink(file.link, at)
    }
  })
  after(() => removeFolder(root))
  const run = (...args: string[]) =>
    execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })

  for (const step of ['source', 'layers', 'dockerfile', 'credentials'])
    it(`runs ${step} outside of the repository`, () =>
      expect(run(`slipway/builders/${step}/main.ts`, '--help')).to.match(/--\w+=/))
  it('has every package that the steps import', () => {
    for (const module of ['source/git.js', 'source/archive.js', 'layers/build-image.js', 'image/index.js'])
      run('--input-type=module', '-e', `await import('${join(root, 'slipway/builders', module)}')`)
  })
})

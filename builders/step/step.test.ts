import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { BuildFailure } from '../failure/index.ts'
import { removeFolder, temporaryFolder, writeFiles } from '../testing/temporary.ts'
import { exitCodeOf, readFlags } from './step.ts'

describe('steps', () => {
  const codes: [string, unknown, number][] = [
    ['wrong flags', new BuildFailure('InvalidFlags', ''), 64],
    ["the user's fault", new BuildFailure('EmptySource', ''), 65],
    ['a passing fault', new BuildFailure('RegistryUnreachable', '', { blame: 'system' }), 75],
    ['a lasting fault of the system', new BuildFailure('NpmMissing', '', { blame: 'system', retry: 'never' }), 70],
    ['a full disk', Object.assign(new Error(), { code: 'ENOSPC' }), 75],
    ['anything else', new TypeError(), 70],
  ]
  for (const [name, error, code] of codes) it(`exit with ${code} for ${name}`, () => expect(exitCodeOf(error)).to.equal(code))

  it('read flags with = or as two words, the last one counting', () => {
    const flags = readFlags(['git', '--url=a', '--url', 'b', '--list=1', '--list=2'], {
      url: { type: 'string' },
      list: { type: 'string', multiple: true },
    })
    expect([flags.words, flags.get('url'), flags.all('list')]).to.deep.equal([['git'], 'b', ['1', '2']])
    expect(() => flags.need('nope')).to.throw('--nope is missing')
    expect(() => readFlags(['--bogus'], {})).to.throw(/bogus/)
  })

  it('leave a report or a reason as their last words', async () => {
    const root = await temporaryFolder('step')
    try {
      await writeFiles(root, { 'src/index.html': 'x', log: '' })
      const run = (...args: string[]) =>
        new Promise<{ code: number; stderr: string }>(resolve => {
          const main = join(import.meta.dirname, '../layers/main.ts')
          execFile(
            process.execPath,
            [main, ...args],
            { env: { ...process.env, TERMINATION_LOG: join(root, 'log') } },
            (error, _stdout, stderr) => resolve({ code: Number(error?.code ?? 0), stderr }),
          )
        })
      const failed = await run(`--source=${root}/src`, `--image=oci:${root}/out`, `--base=oci:${root}/none`)
      expect(failed.code).to.equal(65)
      expect(failed.stderr).to.match(/^error: LayoutMissing: .*none is not an OCI image layout/)
      expect(JSON.parse(await readFile(join(root, 'log'), 'utf8'))).to.include({ reason: 'LayoutMissing' })
      expect((await run('--bogus')).code).to.equal(64)
    } finally {
      await removeFolder(root)
    }
  })
})

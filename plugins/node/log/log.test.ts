import { appendFileSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { parseCriLine } from './cri-line.ts'
import { type LogOptions, readLog, tailOffset } from './read-log.ts'
import { keepLastRuns, rotateLog } from './rotate.ts'

const stamp = (n: number) => `2026-01-01T00:00:${String(n).padStart(2, '0')}.000000000+00:00`
const line = (n: number, text: string, stream = 'stdout', tag = 'F') => `${stamp(n)} ${stream} ${tag} ${text}\n`

describe('container logs', () => {
  let dir: string
  let path: string
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'slipway-log-'))
    path = join(dir, '0.log')
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const read = async (options: LogOptions = {}, isOver = () => true) => {
    let text = ''
    for await (const part of readLog(path, options, isOver, new AbortController().signal)) text += part
    return text
  }

  it('parses lines, and only lines', () => {
    expect(parseCriLine(line(1, 'a b').trimEnd())).to.deep.equal({
      time: stamp(1),
      stream: 'stdout',
      partial: false,
      text: 'a b',
    })
    expect(parseCriLine(`${stamp(1)} stderr P `)).to.include({ partial: true, text: '' })
    fc.assert(fc.property(fc.string(), text => parseCriLine(text) === undefined || /std(out|err)/.test(text)))
  })

  for (const { name, options, want } of [
    { name: 'all', options: {}, want: 'one\nlong line\nthree\n' },
    { name: 'the last two', options: { tailLines: 2 }, want: 'line\nthree\n' },
    { name: 'none', options: { tailLines: 0 }, want: '' },
    { name: 'more than there are', options: { tailLines: 99 }, want: 'one\nlong line\nthree\n' },
    { name: 'since a time', options: { since: Date.parse(stamp(3)) }, want: 'three\n' },
    { name: 'one stream', options: { stream: 'stderr' as const }, want: 'three\n' },
    { name: 'with times', options: { timestamps: true }, want: `${stamp(1)} one\n${stamp(2)} long line\n${stamp(3)} three\n` },
    { name: 'so many bytes', options: { limitBytes: 6 }, want: 'one\nlo' },
  ])
    it(`reads ${name}`, async () => {
      writeFileSync(path, line(1, 'one') + line(2, 'long ', 'stdout', 'P') + line(2, 'line') + line(3, 'three', 'stderr'))
      expect(await read(options)).to.equal(want)
    })

  it('finds the tail of any file as by splitting it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', ' ') }), { maxLength: 30 }),
        fc.integer({ min: 0, max: 35 }),
        fc.boolean(),
        async (lines, count, ends) => {
          const text = lines.join('\n') + (ends && lines.length ? '\n' : '')
          writeFileSync(path, text)
          const file = await open(path)
          try {
            const size = Buffer.byteLength(text)
            const offset = await tailOffset(file, size, count)
            const all = text.split('\n')
            if (all.at(-1) === '') all.pop()
            const got = Buffer.from(text).subarray(offset).toString('utf8').split('\n')
            if (got.at(-1) === '') got.pop()
            expect(got).to.deep.equal(count === 0 ? [] : all.slice(-count))
          } finally {
            await file.close()
          }
        },
      ),
      { numRuns: 60 },
    )
  })

  it('follows, over a rotation, to the end of the container', async () => {
    writeFileSync(path, line(1, 'one'))
    let over = false
    const seen: string[] = []
    for await (const text of readLog(path, { follow: true }, () => over, new AbortController().signal)) {
      seen.push(text)
      if (seen.length === 1) appendFileSync(path, line(2, 'two'))
      if (seen.length === 2) {
        renameSync(path, `${path}.old`)
        writeFileSync(path, line(3, 'three'))
      }
      if (seen.length === 3) over = true
    }
    expect(seen).to.deep.equal(['one\n', 'two\n', 'three\n'])
  })

  it('rotates past a size and keeps a few', async () => {
    const policy = { maxSize: 10, maxFiles: 3 }
    for (let i = 0; i < 5; i++) {
      writeFileSync(path, 'x'.repeat(20))
      expect(await rotateLog(path, policy, i * 1000, async () => writeFileSync(path, ''))).to.equal(true)
    }
    expect(await rotateLog(path, policy, 9000, async () => expect.fail('too small'))).to.equal(false)
    expect(readdirSync(dir)).to.deep.equal(['0.log', '0.log.19700101-000003.000', '0.log.19700101-000004.000'])
  })

  it('keeps the last two runs', async () => {
    for (const name of ['0.log', '1.log', '1.log.19700101-000000.000', '2.log', '3.log']) writeFileSync(join(dir, name), '')
    await keepLastRuns(dir, 3)
    expect(readdirSync(dir)).to.deep.equal(['2.log', '3.log'])
  })
})

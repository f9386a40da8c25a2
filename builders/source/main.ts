/** The source step: `node builders/source/main.ts git --url=https://… --revision=main --target=/workspace`. */
import { BuildFailure } from '../failure/index.ts'
import { type Flags, runStep, writeResult } from '../step/step.ts'
import type { FetchedSource, FetchOptions } from './source.ts'

const usage = `Fetches sources into a folder.

  git      --url=URL [--revision=BRANCH|TAG|COMMIT|REF] [--depth=N] [--submodules=true|false] [--sub-path=DIR] [--sparse]
  archive  --url=URL [--checksum=sha256:HEX] [--strip=N]

  --target=DIR   where to; default the working directory
  --result=FILE  the commit or checksum is written to it`

const numberOf = (flags: Flags, name: string): number | undefined => {
  const text = flags.get(name)
  if (text === undefined) return undefined
  if (!/^\d{1,9}$/.test(text)) throw new BuildFailure('InvalidFlags', `--${name}=${text} is not a number`)
  return Number(text)
}

/** A git server that is just being started again, or a network that hiccups, costs a build half a minute at most, not its life. */
const patience = { attempts: 12, baseMs: 500, maxMs: 5000 }

/** Each kind is loaded only when it is used: a step starts sooner. */
const kinds: Record<string, (flags: Flags, options: FetchOptions) => Promise<FetchedSource>> = {
  async git(flags, options) {
    const [{ gitSource }, { withRetries }] = await Promise.all([import('./git.ts'), import('../image/retry.ts')])
    const spec = {
      url: flags.need('url'),
      revision: flags.get('revision'),
      depth: numberOf(flags, 'depth'),
      submodules: flags.get('submodules') !== 'false',
      subPath: flags.get('sub-path'),
      sparse: flags.has('sparse'),
    }
    return withRetries(patience, options.signal, () => gitSource.fetch(spec, options))
  },
  async archive(flags, options) {
    const { archiveSource } = await import('./archive.ts')
    return archiveSource.fetch(
      { url: flags.need('url'), checksum: flags.get('checksum'), strip: numberOf(flags, 'strip') },
      options,
    )
  },
}

await runStep({
  usage,
  options: {
    url: { type: 'string' },
    revision: { type: 'string' },
    depth: { type: 'string' },
    submodules: { type: 'string' },
    'sub-path': { type: 'string' },
    sparse: { type: 'boolean' },
    checksum: { type: 'string' },
    strip: { type: 'string' },
    target: { type: 'string' },
    result: { type: 'string' },
    type: { type: 'string' },
    location: { type: 'string' },
  },
  async run(flags, signal) {
    const [kind = ''] = flags.words
    const fetch = kinds[kind]
    if (!fetch)
      throw new BuildFailure(
        'InvalidFlags',
        `${JSON.stringify(kind)} is no kind of source; known are ${Object.keys(kinds).join(', ')}`,
      )
    const report = (line: string) => void process.stdout.write(`${line}\n`)
    const fetched = await fetch(flags, { target: flags.get('target') ?? process.cwd(), report, signal })
    const result = flags.get('result')
    if (result) await writeResult(result, fetched.commit ?? '')
    return { url: fetched.url, ...(fetched.commit && { commit: fetched.commit }) }
  },
})

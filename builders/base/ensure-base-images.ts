/**
 * Sees to it that a registry has the base images. Where it has, that takes a few milliseconds; else they are made in a process of their own,
 * so that neither its memory nor its work is the caller's.
 */
import { extname, join } from 'node:path'
import { BuildFailure } from '../failure/index.ts'
import { createRegistryClient, type RegistryClient } from '../image/registry-client.ts'
import { fingerprint } from './fingerprint.ts'
import { type BaseImageName, baseImageNames, wishes } from './image-name.ts'
import { type Note, readNote } from './note.ts'

export interface EnsureOptions {
  /** Where it is remembered what was made of what. */
  cacheDir: string
  /** Default all. */
  which?: readonly BaseImageName[]
  /** Below which name they are pushed; default `slipway`. */
  prefix?: string
  client?: RegistryClient
  /** Progress, and what this machine lacks; a line at a time. */
  report?: (line: string) => void
  signal?: AbortSignal
}

/** References by digest, such as `builder: registry.localhost:5000/slipway/builder@sha256:…`; an image that cannot be made here is absent. */
export type BaseImages = Partial<Record<BaseImageName, string>>

/** Runs `main.ts` beside this file. */
async function makeElsewhere(
  registry: string,
  { cacheDir, report, signal }: EnsureOptions,
  which: readonly BaseImageName[],
  prefix: string,
): Promise<void> {
  const { runProgram } = await import('../step/run-program.ts')
  const main = join(import.meta.dirname, `main${extname(import.meta.filename)}`)
  const args = [
    main,
    `--registry=${registry}`,
    `--cache=${cacheDir}`,
    `--prefix=${prefix}`,
    ...which.map(name => `--image=${name}`),
  ]
  const { code, tail } = await runProgram(process.execPath, args, { signal, onLine: report })
  if (code === 0) return
  const [, reason = 'InternalError', message = tail.join('; ')] =
    /^error: (\w+): (.*)/.exec(tail.find(line => line.startsWith('error: ')) ?? '') ?? []
  throw new BuildFailure(reason, `the base images could not be made: ${message}`, { blame: 'system' })
}

async function isComplete(
  client: RegistryClient,
  registry: string,
  prefix: string,
  { digests }: Note,
  signal?: AbortSignal,
): Promise<boolean> {
  const found = await Promise.all(
    Object.entries(digests).map(([name, digest]) =>
      client.resolveDigest({ registry, repository: `${prefix}/${name}`, digest }, { signal }).then(
        () => true,
        () => false,
      ),
    ),
  )
  return found.every(Boolean)
}

/**
 * @param registry where to push: the host of names, such as `registry.localhost:5000`
 * @throws BuildFailure when the registry cannot be reached
 */
export async function ensureBaseImages(registry: string, options: EnsureOptions): Promise<BaseImages> {
  const { cacheDir, which = baseImageNames, prefix = 'slipway', report = () => {}, signal } = options
  const client = options.client ?? createRegistryClient({ credentials: async () => undefined })
  try {
    let note = await readNote(cacheDir)
    const current =
      note &&
      note.fingerprint === fingerprint(note.inputs, wishes(which, prefix)) &&
      (await isComplete(client, registry, prefix, note, signal))
    if (!current) {
      await makeElsewhere(registry, { ...options, report }, which, prefix)
      note = await readNote(cacheDir)
    }
    if (!note) throw new BuildFailure('InternalError', `nothing was noted of the base images in ${cacheDir}`, { blame: 'system' })
    for (const line of note.missing) report(`base images lack ${line}`)
    return Object.fromEntries(
      Object.entries(note.digests).map(([name, digest]) => [name, `${registry}/${prefix}/${name}@${digest}`]),
    )
  } finally {
    if (!options.client) client.close()
  }
}

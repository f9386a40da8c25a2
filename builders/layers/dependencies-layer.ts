/** The node_modules of an application, installed from its lockfile by npm; made once for each lockfile and platform. */
import { createHash, randomUUID } from 'node:crypto'
import { access, cp, mkdir, realpath, rm, writeFile } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { BuildFailure, codeOf } from '../failure/index.ts'
import { type Platform, platformName } from '../image/platform.ts'
import { runProgram } from '../step/run-program.ts'
import type { DecisiveTexts } from './app-plan.ts'
import { readTree, type TreeEntry } from './source-tree.ts'
import type { PackageJson } from './start-command.ts'

export interface InstallOptions {
  texts: DecisiveTexts
  /** The application's own files, for lockfiles that refer to folders of it. */
  source: readonly TreeEntry[]
  folder: string
  cache: string
  platform: Platform
  report: (line: string) => void
  signal?: AbortSignal
}

const lifecycle = ['preinstall', 'install', 'postinstall', 'prepare']

/** npm's names of what OCI calls differently. */
const npmCpu: Record<string, string> = { amd64: 'x64', '386': 'ia32' }

/** Does the install need more than the manifest and the lockfile: its own scripts, workspaces, or packages of the same tree? */
export function needsSource(texts: DecisiveTexts): boolean {
  const { scripts = {}, workspaces } = JSON.parse(texts['package.json'] ?? '{}') as PackageJson & { workspaces?: unknown }
  const lock = texts['npm-shrinkwrap.json'] ?? texts['package-lock.json'] ?? ''
  return workspaces !== undefined || lifecycle.some(name => scripts[name]) || /"link":\s*true|"resolved":\s*"file:/.test(lock)
}

/** What the installed packages depend on. @param sourceHash only where `needsSource` */
export function dependenciesKey(texts: DecisiveTexts, platform: Platform, sourceHash = ''): string {
  const parts = ['dependencies 1', platformName(platform), process.versions.modules, sourceHash]
  for (const name of ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', '.npmrc'] as const)
    parts.push(texts[name] ?? '')
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex')
}

/** npm's entry file, so that it runs on this Node whatever other is installed. @throws BuildFailure NpmMissing */
export async function findNpm(path = process.env.PATH ?? ''): Promise<string> {
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js')
  const candidates = [process.env.SLIPWAY_NPM, beside, ...path.split(delimiter).map(folder => join(folder, 'npm'))]
  for (const candidate of candidates) {
    if (!candidate) continue
    const found = await realpath(candidate).catch(() => undefined)
    if (found?.endsWith('.js')) return found
  }
  throw new BuildFailure(
    'NpmMissing',
    'package.json has dependencies to install, but there is no npm where the build runs; commit node_modules, or use a builder image that has npm',
    {
      blame: 'system',
      retry: 'never',
    },
  )
}

async function prepare(work: string, { texts, source, folder }: InstallOptions): Promise<void> {
  await mkdir(work, { recursive: true })
  if (needsSource(texts))
    for (const entry of source) {
      const to = join(work, entry.path)
      if (entry.type === 'directory') await mkdir(to, { recursive: true })
      else await cp(join(folder, entry.path), to, { verbatimSymlinks: true })
    }
  for (const name of ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', '.npmrc'] as const)
    if (texts[name] !== undefined) await writeFile(join(work, name), texts[name])
}

const npmError = /^npm (ERR!|error)\s*/i

/** The reason in npm's output, for people. @param said the first lines of its errors: usage follows them */
function npmFailure(said: readonly string[], tail: readonly string[], code: number): BuildFailure {
  const errors = said.map(line => line.replace(npmError, '').replace(/^notarget /, ''))
  const network = errors.some(line => /ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|network/i.test(line))
  const telling = errors.filter(line => line && !/^(code |errno |syscall )|complete log/.test(line))
  const text = telling.slice(0, 4).join('; ') || tail.slice(-3).join('; ')
  return new BuildFailure('InstallFailed', `npm ci failed with exit code ${code}: ${text}`, {
    blame: network ? 'system' : 'user',
    retry: network ? 'backoff' : 'never',
  })
}

/**
 * Installs into a folder of the cache and gives its entries; `dispose` removes it once they are packed.
 * @throws BuildFailure InstallFailed with npm's own words, NpmMissing
 */
export async function installDependencies(
  options: InstallOptions,
): Promise<{ entries: TreeEntry[]; dispose: () => Promise<void> }> {
  const { cache, platform, report, signal } = options
  const npm = await findNpm()
  const work = join(cache, `install-${randomUUID()}`)
  const dispose = () => rm(work, { recursive: true, force: true })
  try {
    await prepare(work, options)
    const { architecture, os } = platform
    const args = [
      npm,
      'ci',
      '--omit=dev',
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
      '--loglevel=warn',
      `--cache=${join(cache, 'npm')}`,
      `--os=${os}`,
      `--cpu=${npmCpu[architecture] ?? architecture}`,
    ]
    const errors: string[] = []
    const onLine = (line: string) => {
      if (npmError.test(line) && errors.length < 10) errors.push(line)
      report(`npm: ${line}`)
    }
    const { code, tail } = await runProgram(process.execPath, args, {
      cwd: work,
      signal,
      onLine,
      env: { ...process.env, NODE_ENV: 'production', CI: 'true' },
    })
    if (code !== 0) throw npmFailure(errors, tail, code)
    const modules = join(work, 'node_modules')
    const present = await access(modules).then(
      () => true,
      error => codeOf(error) !== 'ENOENT',
    )
    const inside = present ? await readTree(modules) : []
    const entries = inside.map(entry => ({ ...entry, path: `node_modules/${entry.path}` }))
    return { entries, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

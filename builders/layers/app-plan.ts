/** What kind of application a source tree is, and which layers it becomes. Pure: it sees the list of entries and the small files it asks for. */
import { BuildFailure } from '../failure/index.ts'
import type { TreeEntry } from './source-tree.ts'
import { commandOf, nodeCommand, type PackageJson, procfileCommand, type StartCommand } from './start-command.ts'

/** The files whose text decides. */
export const decisiveFiles = ['package.json', 'package-lock.json', 'npm-shrinkwrap.json', 'Procfile', '.npmrc'] as const
export type DecisiveTexts = Partial<Record<(typeof decisiveFiles)[number], string>>

export interface AppPlan {
  kind: 'node' | 'static' | 'prebuilt'
  start?: StartCommand
  /** Where node_modules come from: a lockfile, the source itself, or nowhere. */
  dependencies: 'lockfile' | 'vendored' | 'none'
  /** Entries of the application's own layer. */
  source: TreeEntry[]
  /** Entries of node_modules, if they are part of the source. */
  vendored: TreeEntry[]
}

function parsePackage(text: string): PackageJson {
  try {
    return JSON.parse(text) as PackageJson
  } catch (error) {
    throw new BuildFailure('InvalidPackageJson', `package.json is not valid JSON: ${(error as Error).message}`)
  }
}

const inModules = ({ path }: TreeEntry) => path === 'node_modules' || path.startsWith('node_modules/')

/** @throws BuildFailure InvalidPackageJson, MissingLockfile, UnsupportedPackageManager, NoStartCommand, EmptySource */
export function planApp(entries: readonly TreeEntry[], texts: DecisiveTexts): AppPlan {
  if (!entries.some(e => e.type === 'file'))
    throw new BuildFailure(
      'EmptySource',
      'the source has no files; is .dockerignore leaving out everything, or the sub-path wrong?',
    )
  const paths = new Set(entries.filter(e => e.type !== 'directory').map(e => e.path))
  const has = (path: string) => paths.has(path)
  const vendored = entries.filter(inModules)
  const source = entries.filter(e => !inModules(e))
  const web = texts.Procfile === undefined ? undefined : procfileCommand(texts.Procfile)
  const base = { source, vendored }

  if (texts['package.json'] !== undefined) {
    const manifest = parsePackage(texts['package.json'])
    const start = web ? commandOf(web) : nodeCommand(manifest, has)
    if (vendored.length) return { ...base, kind: 'node', start, dependencies: 'vendored' }
    if (!Object.keys(manifest.dependencies ?? {}).length) return { ...base, kind: 'node', start, dependencies: 'none' }
    if (texts['package-lock.json'] !== undefined || texts['npm-shrinkwrap.json'] !== undefined)
      return { ...base, kind: 'node', start, dependencies: 'lockfile' }
    const other = ['yarn.lock', 'pnpm-lock.yaml', 'bun.lock', 'bun.lockb'].find(has)
    if (other)
      throw new BuildFailure(
        'UnsupportedPackageManager',
        `${other} is of a package manager that the layers builder does not run; commit node_modules or a package-lock.json, or build with a Dockerfile`,
      )
    throw new BuildFailure(
      'MissingLockfile',
      'package.json has dependencies, but there is neither a package-lock.json nor a node_modules folder; run "npm install" and commit package-lock.json',
    )
  }
  if (web) return { ...base, kind: 'prebuilt', start: commandOf(web), dependencies: 'none' }
  if (has('index.html')) return { ...base, kind: 'static', dependencies: 'none' }
  return { ...base, source: [...entries], vendored: [], kind: 'prebuilt', dependencies: 'none' }
}

/**
 * Fetches one commit of a git repository: shallow where the server allows it, with its submodules, resolved to the commit's full name.
 * Fetched into what is already there, so that a step which runs again ends with the same. Commands are not told to be quiet: simple-git
 * waits 50 ms after each that prints nothing.
 */
import { access, mkdir, realpath, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { BuildFailure } from '../failure/index.ts'
import { type GitCommand, GitCommandError, gitCommand, localhostSettings } from './git-command.ts'
import { gitFailure } from './git-failure.ts'
import { type GitRevision, parseRevision } from './git-revision.ts'
import { type GitUrl, parseGitUrl } from './git-url.ts'
import type { SourceFetcher } from './source.ts'

export interface GitSpec {
  url: string
  /** Default: the branch that the repository's HEAD names. */
  revision?: string
  /** How many commits of history; 0 for all; default 1. */
  depth?: number
  /** Default true. */
  submodules?: boolean
  /** A folder of the repository that must exist: what will be built. */
  subPath?: string
  /** Checks out only `subPath` and the files of the folders above it. */
  sparse?: boolean
}

const describe = (revision: GitRevision): string => {
  if (revision.kind === 'head') return 'HEAD'
  if (revision.kind === 'commit') return revision.commit
  return revision.kind === 'ref' ? revision.ref : revision.kind === 'short' ? revision.text : revision.name
}

async function attempt<T>(what: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (error) {
    throw error instanceof GitCommandError ? gitFailure(what, error.output) : error
  }
}
/** Did the server refuse this way of asking, so that another may do? */
const mayAskOtherwise = (error: unknown) =>
  error instanceof GitCommandError &&
  /remote ref|not our ref|unadvertised object|shallow|dumb http|does not support|not a valid object/i.test(error.output)

/** Everything there is, for commits that cannot be asked for by name. */
const fetchAll = (git: GitCommand, url: string) =>
  git.run(
    'fetch',
    '--quiet',
    '--force',
    '--tags',
    '--no-recurse-submodules',
    '--update-shallow',
    url,
    '+refs/heads/*:refs/remotes/origin/*',
  )

/** @returns the commit's full name */
async function fetchRevision(
  git: GitCommand,
  url: string,
  revision: GitRevision,
  depth: number,
  report: (line: string) => void,
): Promise<string> {
  const resolve = async (name: string) => (await git.run('rev-parse', '--verify', '--end-of-options', `${name}^{commit}`)).trim()
  const fetchOne = async (ref: string) => {
    const shallow = depth > 0 ? [`--depth=${depth}`] : []
    await git.run('fetch', '--force', '--no-tags', '--no-recurse-submodules', ...shallow, url, ref)
    return resolve('FETCH_HEAD')
  }
  try {
    return await fetchOne(describe(revision))
  } catch (error) {
    if (!mayAskOtherwise(error)) throw error
    if (revision.kind !== 'commit' && revision.kind !== 'short') {
      // A server without shallow fetches may still have the ref.
      if (depth > 0 && /shallow|dumb http/i.test((error as GitCommandError).output))
        return fetchRevision(git, url, revision, 0, report)
      throw error
    }
    report(`${describe(revision)} cannot be asked for by itself; fetching all branches and tags`)
    await fetchAll(git, url)
    return await resolve(describe(revision)).catch(() => {
      throw new GitCommandError(`bad revision ${describe(revision)}: no branch or tag of the repository contains it`)
    })
  }
}

async function checkSubPath(target: string, subPath: string): Promise<void> {
  const wrong = (problem: string) => new BuildFailure('SubPathNotFound', `sub-path ${JSON.stringify(subPath)} ${problem}`)
  const root = await realpath(target)
  const full = await realpath(join(target, subPath)).catch(() => {
    throw wrong('does not exist in the source')
  })
  if (full !== root && !full.startsWith(root + sep)) throw wrong('leads out of the source')
  if (!(await stat(full)).isDirectory()) throw wrong('is not a folder')
}

async function fetchSubmodules(git: GitCommand, target: string): Promise<void> {
  if (
    !(await access(join(target, '.gitmodules')).then(
      () => true,
      () => false,
    ))
  )
    return
  const update = ['submodule', '--quiet', 'update', '--init', '--recursive', '--force', '--jobs=2']
  try {
    await git.run(...update, '--depth=1')
  } catch (error) {
    if (!mayAskOtherwise(error)) throw error
    await git.run(...update)
  }
}

async function fetchGit(spec: GitSpec, url: GitUrl, target: string, report: (line: string) => void, signal?: AbortSignal) {
  const revision = parseRevision(spec.revision)
  const what = `fetch ${describe(revision)} from ${url.shown}`
  await mkdir(target, { recursive: true })
  const git = gitCommand(target, await localhostSettings(url), signal)
  const present = await access(join(target, '.git')).then(
    () => true,
    () => false,
  )
  if (!present) await attempt(`make a repository in ${target}`, () => git.run('init', '--initial-branch=main'))
  const [commit] = await Promise.all([
    attempt(what, () => fetchRevision(git, url.text, revision, spec.depth ?? 1, report)),
    // Submodules with relative addresses are found from here; a password in the URL stays out of the files that steps see.
    attempt(what, () => gitCommand(target, [], signal).run('config', 'remote.origin.url', url.shown)),
  ])
  if (spec.sparse && spec.subPath)
    await attempt(`check out ${spec.subPath}`, () =>
      git.run('sparse-checkout', 'set', '--cone', '--end-of-options', spec.subPath!),
    )
  await attempt(`check out ${commit}`, () => git.run('checkout', '--force', '--detach', commit))
  if (spec.submodules !== false) await attempt(`fetch the submodules of ${url.shown}`, () => fetchSubmodules(git, target))
  if (spec.subPath) await checkSubPath(target, spec.subPath)
  return commit
}

export const gitSource: SourceFetcher<GitSpec> = {
  name: 'git',
  async fetch(spec, { target, report = () => {}, signal }) {
    const url = parseGitUrl(spec.url)
    const commit = await fetchGit(spec, url, target, report, signal)
    report(`fetched ${commit} from ${url.shown}`)
    return { url: url.shown, commit }
  },
}

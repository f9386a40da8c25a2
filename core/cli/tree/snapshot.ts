/**
 * A commit of a working tree as it is, never pushed and on no branch: what git would add now, with .gitignore honoured. The user's index and
 * branches are not touched. The same content gives the same commit, so that nothing is built twice.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Snapshot {
  commit: string
  /** A name for what is in the folder: the repository's own folder. */
  name: string
  /** Runs git with the repository that has the commit. */
  git(args: string[]): Promise<{ stdout: string; stderr: string }>
  /** Where that repository is. */
  gitDir: string
  remove(): Promise<void>
}

const fixed = { name: 'slipway', email: 'working-tree@slipway.dev', date: '@0 +0000' }
const author = {
  GIT_AUTHOR_NAME: fixed.name,
  GIT_AUTHOR_EMAIL: fixed.email,
  GIT_AUTHOR_DATE: fixed.date,
  GIT_COMMITTER_NAME: fixed.name,
  GIT_COMMITTER_EMAIL: fixed.email,
  GIT_COMMITTER_DATE: fixed.date,
}

/** @throws Error when the folder cannot be read as a working tree */
export async function snapshot(folder: string): Promise<Snapshot> {
  const tree = resolve(folder)
  const scratch = await mkdtemp(join(tmpdir(), 'slipway-tree-'))
  // Objects go to a repository of their own: the user's is only read.
  const gitDir = join(scratch, 'git')
  const env = {
    ...process.env,
    ...author,
    GIT_DIR: gitDir,
    GIT_WORK_TREE: tree,
    GIT_INDEX_FILE: join(scratch, 'index'),
    GIT_TERMINAL_PROMPT: '0',
  }
  const git = (args: string[]) => run('git', args, { cwd: tree, env, maxBuffer: 64 << 20 })
  const remove = () => rm(scratch, { recursive: true, force: true })
  try {
    await run('git', ['init', '--quiet', '--bare', gitDir], { env: { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null' } })
    await git(['config', 'core.bare', 'false'])
    await git(['add', '--all', '.'])
    const { stdout: written } = await git(['write-tree'])
    const { stdout: commit } = await git(['commit-tree', written.trim(), '-m', 'working tree'])
    return { commit: commit.trim(), name: basename(tree), git, gitDir, remove }
  } catch (error) {
    await remove()
    throw new Error(`${folder} cannot be taken as a working tree: ${error instanceof Error ? error.message : error}`)
  }
}

/** A folder's name as a Kubernetes name: `My App` is `my-app`. */
export const kubernetesName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40) || 'app'

/**
 * Bare repositories on disk, NAMESPACE/NAME.git. Beside a branch `refs/heads/X`, `refs/slipway/queued/X` says up to where its pushes
 * have reached the queue: what differs was accepted, but not yet reported. Hidden from clients, and it keeps commits from being pruned.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeletion, zeroCommit } from '@slipway/core/delivery'
import { git } from './git.ts'

export interface RepositoryName {
  namespace: string
  name: string
}
/** A branch that moved and has not been reported. */
export interface Pending extends RepositoryName {
  ref: string
  before: string
  commit: string
}
export interface Repositories {
  /** The folder; the names must have been checked. */
  dir(repository: RepositoryName): string
  exists(repository: RepositoryName): Promise<boolean>
  /** Makes an empty bare repository; whole or not at all. One that exists is left as it is. */
  create(repository: RepositoryName, branch: string): Promise<void>
  /** A folder that stands for every repository that does not exist yet. */
  emptyDir(): Promise<string>
  list(): Promise<RepositoryName[]>
  pending(repository: RepositoryName): Promise<Pending[]>
  markQueued(repository: RepositoryName, ref: string, commit: string): Promise<void>
  hasFile(repository: RepositoryName, commit: string, path: string): Promise<boolean>
  /** Paths that differ between two commits; undefined where one of them is not there. */
  changed(repository: RepositoryName, before: string, commit: string): Promise<string[] | undefined>
  /** Called after each push: packs what has become many files, now and then. Never rejects. */
  tidy(repository: RepositoryName): Promise<void>
}

const queuedRefs = 'refs/slipway/queued/'
const headRefs = 'refs/heads/'
/** git's own check at each push would cost a process each time, before the push is taken up. */
const tidyEvery = 10

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  )
const foldersOf = async (dir: string) =>
  (await readdir(dir, { withFileTypes: true }).catch(() => [])).filter(entry => entry.isDirectory()).map(entry => entry.name)

export function repositories(root: string): Repositories {
  const dirOf = ({ namespace, name }: RepositoryName) => join(root, namespace, `${name}.git`)
  // Names of namespaces do not begin with a dot, so these collide with none.
  const empty = join(root, '.empty.git')
  const initAt = async (target: string, branch: string) => {
    const fresh = join(root, '.new', randomUUID())
    await mkdir(fresh, { recursive: true })
    await git(['init', '--quiet', '--bare', '--template=', `--initial-branch=${branch}`, fresh])
    try {
      await rename(fresh, target)
    } catch (error) {
      await rm(fresh, { recursive: true, force: true })
      // Someone else was first: theirs is as good.
      if (!(await isThere(join(target, 'HEAD')))) throw error
    }
  }
  let pushes = 0
  let emptyMade: Promise<void> | undefined

  return {
    dir: dirOf,
    exists: repository => isThere(join(dirOf(repository), 'HEAD')),
    async create(repository, branch) {
      if (await isThere(join(dirOf(repository), 'HEAD'))) return
      await mkdir(join(root, repository.namespace), { recursive: true })
      await initAt(dirOf(repository), branch)
    },
    async emptyDir() {
      emptyMade ??= isThere(join(empty, 'HEAD')).then(there => (there ? undefined : initAt(empty, 'main')))
      await emptyMade
      return empty
    },
    async list() {
      const found: RepositoryName[] = []
      for (const namespace of await foldersOf(root))
        if (!namespace.startsWith('.'))
          for (const folder of await foldersOf(join(root, namespace)))
            if (folder.endsWith('.git')) found.push({ namespace, name: folder.slice(0, -'.git'.length) })
      return found
    },
    async pending(repository) {
      const out = await git(['for-each-ref', '--format=%(objectname) %(refname)', headRefs, queuedRefs], {
        dir: dirOf(repository),
      })
      const heads = new Map<string, string>()
      const queued = new Map<string, string>()
      for (const line of out.split('\n').filter(Boolean)) {
        const space = line.indexOf(' ')
        const [commit, ref] = [line.slice(0, space), line.slice(space + 1)]
        if (ref.startsWith(headRefs)) heads.set(ref.slice(headRefs.length), commit)
        else queued.set(ref.slice(queuedRefs.length), commit)
      }
      return [...new Set([...heads.keys(), ...queued.keys()])]
        .map(branch => ({
          ...repository,
          ref: headRefs + branch,
          before: queued.get(branch) ?? zeroCommit,
          commit: heads.get(branch) ?? zeroCommit,
        }))
        .filter(({ before, commit }) => before !== commit)
    },
    async markQueued(repository, ref, commit) {
      const marker = queuedRefs + ref.slice(headRefs.length)
      const args = isDeletion({ commit }) ? ['update-ref', '-d', marker] : ['update-ref', marker, commit]
      await git(args, { dir: dirOf(repository) })
    },
    hasFile: (repository, commit, path) =>
      git(['cat-file', '-e', `${commit}:${path}`], { dir: dirOf(repository) }).then(
        () => true,
        () => false,
      ),
    changed: (repository, before, commit) =>
      git(['diff', '--name-only', '-z', '--no-renames', before, commit], { dir: dirOf(repository) }).then(
        out => out.split('\0').filter(Boolean),
        () => undefined,
      ),
    async tidy(repository) {
      if (++pushes % tidyEvery === 0)
        await git(['gc', '--auto', '--quiet'], { dir: dirOf(repository), config: { 'gc.autoDetach': 'false' } }).catch(() => {})
    },
  }
}

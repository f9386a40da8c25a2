/** Runs the real git: no shell, none of the user's settings, and the settings that a server needs. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'

/** Settings of every call. Source: git-config(1). */
const settings: Record<string, string> = {
  'safe.directory': '*',
  // An accepted push survives a power cut: objects and refs are synced. Small pushes stay packs, which is one sync instead of one a file.
  'core.fsync': 'committed',
  'core.fsyncMethod': 'batch',
  'transfer.unpackLimit': '1',
  'transfer.fsckObjects': 'true',
  'transfer.hideRefs': 'refs/slipway',
  'receive.advertisePushOptions': 'true',
  'receive.denyDeleteCurrent': 'ignore',
  // Builds fetch a commit by its id, also one that a forced push has left behind.
  'uploadpack.allowAnySHA1InWant': 'true',
  'uploadpack.allowFilter': 'true',
  // See Repositories.tidy.
  'receive.autogc': 'false',
}

export interface GitOptions {
  /** The bare repository. */
  dir?: string
  /** Of the client's Git-Protocol header: `version=2`. */
  protocol?: string
  config?: Record<string, string>
}

export function spawnGit(args: string[], { dir, protocol, config = {} }: GitOptions = {}): ChildProcessWithoutNullStreams {
  const flags = Object.entries({ ...settings, ...config }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const { PATH = '/usr/bin:/bin' } = process.env
  return spawn('git', [...flags, ...(dir ? [`--git-dir=${dir}`] : []), ...args], {
    stdio: 'pipe',
    env: {
      PATH,
      LC_ALL: 'C',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      ...(protocol && { GIT_PROTOCOL: protocol }),
    },
  })
}

export class GitError extends Error {
  readonly reason = 'GitFailed'
  readonly code: number | null
  constructor(args: string[], code: number | null, said: string) {
    super(`git ${args[0]} ended with code ${code}: ${said.trim().slice(-500)}`)
    this.code = code
  }
}

/** @returns what git wrote. @throws GitError when it ends with another code than 0 */
export const git = (args: string[], options: GitOptions & { input?: string } = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawnGit(args, options)
    const out: Buffer[] = []
    let said = ''
    child.stdout.on('data', chunk => out.push(chunk))
    child.stderr.on('data', chunk => void (said = (said + chunk).slice(-2000)))
    child.once('error', reject)
    child.stdin.on('error', () => {})
    child.once('close', code =>
      code === 0 ? resolve(Buffer.concat(out).toString('utf8')) : reject(new GitError(args, code, said)),
    )
    child.stdin.end(options.input ?? '')
  })

export const missingGit = 'git is not installed. Run: sudo apt-get install -y git'
/** @throws Error with the command that installs git, or that says it is too old */
export async function checkGit(): Promise<void> {
  const said = await git(['version']).catch(error => {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new Error(missingGit) : error
  })
  const [, major, minor] = /(\d+)\.(\d+)/.exec(said) ?? []
  if (Number(major) * 1000 + Number(minor) < 2036) throw new Error(`git 2.36 or newer is needed, this is ${said.trim()}`)
}

/** What git knows of a source tree, for labels and the image's time. A tree without git has none. */
import { access } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { runProgram } from '../step/run-program.ts'

export interface CommitInfo {
  revision?: string
  /** Seconds since the epoch. */
  created?: number
  source?: string
}

/** Takes user name and password out of a URL. */
export function withoutCredentials(url: string): string {
  if (!URL.canParse(url)) return url
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}

async function inGit(folder: string): Promise<boolean> {
  for (let at = resolve(folder); ; at = dirname(at)) {
    if (
      await access(join(at, '.git')).then(
        () => true,
        () => false,
      )
    )
      return true
    if (dirname(at) === at) return false
  }
}

export async function commitInfo(folder: string): Promise<CommitInfo> {
  if (!(await inGit(folder))) return {}
  const git = (...args: string[]) =>
    runProgram('git', ['-c', 'safe.directory=*', '-C', folder, ...args], {
      env: { ...process.env, GIT_CONFIG_NOSYSTEM: '1', LC_ALL: 'C' },
    }).then(
      ({ code, stdout }) => (code === 0 ? stdout.trim() : ''),
      () => '',
    )
  const [head, url] = await Promise.all([git('log', '-1', '--format=%H %ct'), git('config', '--get', 'remote.origin.url')])
  const [revision, created] = head.split(' ')
  return { ...(revision && { revision, created: Number(created) }), ...(url && { source: withoutCredentials(url) }) }
}

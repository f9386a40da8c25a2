/** The system's git through simple-git, made safe for addresses and trees that strangers chose. */
import { readFile } from 'node:fs/promises'
import { type SimpleGit, simpleGit } from 'simple-git'
import { addressInHosts } from '../image/local-name.ts'
import { withoutPasswords } from './git-failure.ts'
import type { GitUrl } from './git-url.ts'

/** Passed on from this process; all else that steers git is not. */
const kept = [
  'PATH',
  'HOME',
  'LANG',
  'TMPDIR',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'http_proxy',
  'https_proxy',
  'no_proxy',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
  'SSH_AUTH_SOCK',
]

const own = {
  // No program of a URL's choosing (ext::), no files of this machine (file://), also not by submodules.
  GIT_ALLOW_PROTOCOL: 'http:https:ssh:git',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
}

/**
 * libcurl answers every `*.localhost` with 127.0.0.1 by itself (RFC 6761), also inside a pod whose hosts file says otherwise.
 * @returns the setting of git that makes it use the hosts file
 */
export async function localhostSettings(
  { protocol, host, port }: Pick<GitUrl, 'protocol' | 'host' | 'port'>,
  hostsFile = '/etc/hosts',
): Promise<string[]> {
  if (!protocol.startsWith('http') || !host.endsWith('.localhost')) return []
  const address = addressInHosts(await readFile(hostsFile, 'utf8').catch(() => ''), host)
  return address && address !== '127.0.0.1'
    ? [`http.curloptResolve=${host}:${port ?? (protocol === 'https' ? 443 : 80)}:${address}`]
    : []
}

export interface GitCommand {
  /** Runs one command. @returns its standard output @throws GitCommandError with what it printed */
  run(...args: string[]): Promise<string>
}

export class GitCommandError extends Error {
  readonly output: string
  constructor(output: string) {
    super(withoutPasswords(output))
    this.name = 'GitCommandError'
    this.output = output
  }
}

export function gitCommand(folder: string, settings: readonly string[], signal?: AbortSignal): GitCommand {
  const env: Record<string, string> = { ...own }
  for (const name of kept) if (process.env[name] !== undefined) env[name] = process.env[name]
  const git: SimpleGit = simpleGit({
    baseDir: folder,
    config: ['advice.detachedHead=false', 'gc.auto=0', 'maintenance.auto=false', 'safe.directory=*', ...settings],
    ...(signal && { abort: signal }),
    allowEnvironment: Object.keys(own),
    // The default waits 50 ms more after every silent command.
    completion: { onClose: true, onExit: false },
    // By itself the library takes an exit code other than 0 for success where nothing was printed.
    errors: (error, { exitCode, stdErr, stdOut }) =>
      error ??
      (exitCode ? Buffer.concat([...stdErr, ...stdOut, Buffer.from(`git ended with exit code ${exitCode}`)]) : undefined),
    unsafe: { allowUnsafeSubmodule: true },
  }).env(env)
  return {
    async run(...args) {
      try {
        return await git.raw(args)
      } catch (error) {
        if (signal?.aborted) throw signal.reason
        throw new GitCommandError((error as Error).message)
      }
    },
  }
}

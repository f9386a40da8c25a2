/** The tour's sample repository: copied from templates/samples/hello, pushed with the user's own git. */
import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const sampleFolder = fileURLToPath(new URL('../../../templates/samples/hello/', import.meta.url))

export interface Sample {
  /** Changes what the program answers, commits, and pushes. @returns what git printed */
  push(message: string): Promise<{ output: string; commit: string }>
  remove(): Promise<void>
}

const identity = [
  '-c',
  'user.name=Slipway',
  '-c',
  'user.email=tour@slipway.dev',
  '-c',
  'init.defaultBranch=main',
  '-c',
  'commit.gpgsign=false',
]

export async function createSample(remote: string): Promise<Sample> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-tour-'))
  // The user's own settings (signing, hooks, credential helpers) stay out of it.
  const env = { ...process.env, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '/dev/null' }
  const git = async (...args: string[]) => {
    const { stdout, stderr } = await run('git', ['-C', folder, ...identity, ...args], { env, maxBuffer: 64 << 20 })
    return stdout + stderr
  }
  await cp(join(sampleFolder, 'app'), folder, { recursive: true })
  await git('init', '--quiet')
  const server = join(folder, 'server.js')
  return {
    async push(message) {
      const source = await readFile(server, 'utf8')
      await writeFile(
        server,
        source.replace(/const message = '.*'/, `const message = ${JSON.stringify(message).replace(/^"|"$/g, "'")}`),
      )
      await git('add', '--all')
      await git('commit', '--quiet', '--allow-empty', '--message', message)
      const commit = (await git('rev-parse', 'HEAD')).trim()
      return { output: await git('push', '--force', remote, 'HEAD:main'), commit }
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

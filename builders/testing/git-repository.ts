/** A real repository for tests. */
import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { writeFiles } from './temporary.ts'

const env = {
  ...process.env,
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@b',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@b',
  GIT_AUTHOR_DATE: '1700000000 +0000',
  GIT_COMMITTER_DATE: '1700000000 +0000',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
}

export interface TestRepository {
  git(...args: string[]): string
  /** Writes files and commits them. @returns the commit */
  commit(message: string, files: Record<string, string>): Promise<string>
}

export async function makeRepository(folder: string): Promise<TestRepository> {
  await mkdir(folder, { recursive: true })
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args], { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  git('init', '-q', '-b', 'main')
  return {
    git,
    async commit(message, files) {
      await writeFiles(folder, files)
      git('add', '-A')
      git('commit', '-q', '-m', message)
      return git('rev-parse', 'HEAD')
    },
  }
}

/** `slipway up [folder]`: builds and releases a working tree that was never pushed, as a push would. */
import { spawn } from 'node:child_process'
import { conditionOf } from '../../api/conditions.ts'
import { Repository } from '../../api/delivery/index.ts'
import { Revision } from '../../api/serving/index.ts'
import { findInstallation } from '../installation.ts'
import { print, printError } from '../print.ts'
import { snapshot } from './snapshot.ts'
import { type TreeOptions, targetOf } from './target.ts'

/** The branch that working trees are kept on; no Repository builds it by itself. */
const branch = 'slipway/working-tree'

/** Pushes with git's own output passed on, without the `remote: ` that says nothing here. */
function push(gitDir: string, args: string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('git', ['push', '--quiet', ...args], {
      env: { ...process.env, GIT_DIR: gitDir, GIT_TERMINAL_PROMPT: '0' },
      stdio: ['ignore', 'inherit', 'pipe'],
    })
    let rest = ''
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', chunk => {
      const lines = (rest + chunk).split(/\r?\n/)
      rest = lines.pop() ?? ''
      for (const line of lines) print(line.replace(/^remote: ?/, '').trimEnd())
    })
    child.on('error', reject)
    child.on('close', code => {
      if (rest) print(rest.replace(/^remote: ?/, '').trimEnd())
      resolve(code ?? 1)
    })
  })
}

export async function up(folder: string, options: TreeOptions): Promise<number> {
  const { api, addresses } = await findInstallation(options.home)
  const taken = await snapshot(folder)
  try {
    const { namespace, name, remote } = targetOf(options, taken, addresses)
    const before = await api.find(Repository, { namespace, name })
    // It is released as the branch that the Repository builds; a new Repository builds main.
    const as = before?.spec.branches.find(pattern => !/[*?[]/.test(pattern)) ?? 'main'
    const code = await push(taken.gitDir, [`--push-option=as=${as}`, '--force', remote, `${taken.commit}:refs/heads/${branch}`])
    if (code !== 0) return code
    const repository = await api.get(Repository, { namespace, name })
    const entry = repository.status?.branches?.find(b => b.commit === taken.commit)
    const revision = entry?.revision ? await api.find(Revision, { namespace, name: entry.revision }) : undefined
    const ready = conditionOf(revision?.status?.conditions, 'Ready')
    if (entry?.result !== 'Failed' && ready?.status !== 'False') {
      // git says nothing when the server has this very tree already.
      print(repository.status?.url ?? 'built; this Repository releases nothing')
      return 0
    }
    printError(
      (entry?.result === 'Failed' ? (entry.message ?? entry.reason) : (ready?.message ?? ready?.reason)) ?? 'the release failed',
    )
    return 1
  } finally {
    await taken.remove()
    await api.close()
  }
}

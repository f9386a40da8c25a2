/** `slipway clean`: what outlives the process is ended and removed, then the home folder. */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { createLog } from '../observe/log.ts'
import { loadPlugins, profiles, readConfiguration } from '../plugin/index.ts'
import { lockHolder } from '../process/index.ts'
import { homePaths } from './home.ts'
import { print, printError } from './print.ts'

export interface CleanOptions {
  home?: string
  keepData?: boolean
  yes?: boolean
}

async function confirmed(dir: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    printError('this removes data; say --yes where nobody can be asked')
    return false
  }
  const line = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await line.question(`Remove everything in ${dir}? [y/N] `)
  line.close()
  return /^y(es)?$/i.test(answer)
}

export async function clean({ home, keepData, yes }: CleanOptions): Promise<number> {
  const paths = homePaths(home)
  const holder = lockHolder(paths.lock)
  if (holder !== undefined) {
    printError(`Slipway runs as process ${holder}; stop it first`)
    return 1
  }
  if (!keepData && !yes && !(await confirmed(paths.dir))) return 1
  const log = createLog({ level: 'warn' })
  const { extra = [] } = await readConfiguration(paths.configuration)
  let failed = 0
  for (const plugin of await loadPlugins([...profiles.embedded, ...extra])) {
    try {
      await plugin.clean?.({ dataDir: join(paths.plugins, plugin.name), log })
    } catch (error) {
      failed++
      printError(`${plugin.name}: ${error instanceof Error ? error.message : error}`)
    }
  }
  if (!keepData && !failed) await rm(paths.dir, { recursive: true, force: true })
  print(failed ? `${failed} plugins could not clean up; the data is kept` : 'clean')
  return failed ? 1 : 0
}

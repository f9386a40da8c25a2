/** Where built programs are kept: outside the repository, one folder a version, so that a second run builds nothing. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { kubernetesVersion } from './versions.ts'

export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env.XDG_CACHE_HOME || join(homedir(), '.cache')
  return join(base, 'slipway', 'kubernetes', `v${kubernetesVersion}`)
}

/**
 * Finds Kubernetes' own programs: in the folder that KUBEBUILDER_ASSETS names, else in the cache, else builds them there
 * from pinned Go modules. @see versions.ts
 */
import { access, constants, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { findProgram } from '../harness/run-command.ts'
import { withLock } from './build-lock.ts'
import { cacheFolder } from './cache-folder.ts'
import { buildGoProgram } from './go-build.ts'
import { KubernetesUnavailable } from './unavailable.ts'
import type { GoProgram } from './versions.ts'

export interface ProgramOptions {
  env?: NodeJS.ProcessEnv
  /** Told what is built, and how long it took. */
  onProgress?: (line: string) => void
}

const executable = (file: string) =>
  access(file, constants.X_OK).then(
    () => true,
    () => false,
  )

/** Program names to their files. @throws KubernetesUnavailable when one is missing and cannot be built here */
export async function findPrograms(
  programs: GoProgram[],
  { env = process.env, onProgress }: ProgramOptions = {},
): Promise<Map<string, string>> {
  const cache = cacheFolder(env)
  const found = new Map<string, string>()
  const missing: GoProgram[] = []
  for (const program of programs) {
    const places = [env.KUBEBUILDER_ASSETS, cache].filter(place => place !== undefined && place !== '')
    const files = places.map(place => join(place!, program.name))
    const first = (await Promise.all(files.map(executable))).indexOf(true)
    if (first >= 0) found.set(program.name, files[first]!)
    else missing.push(program)
  }
  if (!missing.length) return found
  const names = missing.map(({ name }) => name).join(', ')
  if (!(await findProgram('go')))
    throw new KubernetesUnavailable(
      'NoToolchain',
      `${names} not found: set KUBEBUILDER_ASSETS to a folder that has them, or install Go 1.24 or newer so that they can be built into ${cache}`,
    )
  await mkdir(cache, { recursive: true })
  await withLock(join(cache, 'build.lock'), async () => {
    for (const program of missing) {
      const file = join(cache, program.name)
      if (!(await executable(file))) await build(program, file, onProgress)
      found.set(program.name, file)
    }
  })
  return found
}

async function build(program: GoProgram, file: string, onProgress?: (line: string) => void): Promise<void> {
  onProgress?.(`building ${program.name} ${program.version} (once; kept in the cache)`)
  const began = performance.now()
  try {
    await buildGoProgram(program, file)
  } catch (error) {
    throw new KubernetesUnavailable(
      'BuildFailed',
      `${program.name} ${program.version} cannot be built: ${error instanceof Error ? error.message : error}`,
      error,
    )
  }
  onProgress?.(`built ${program.name} in ${Math.round((performance.now() - began) / 1000)} s`)
}

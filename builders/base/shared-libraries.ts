/** The shared libraries that a program needs to run elsewhere, by the loader's own account. */
import { BuildFailure } from '../failure/index.ts'
import { runProgram } from '../step/run-program.ts'
import type { ImageFile } from './image-file.ts'

/**
 * Reads ldd's output. Pure.
 * @returns paths of libraries and of the loader
 * @throws BuildFailure LibraryMissing
 */
export function parseLdd(output: string, program: string): string[] {
  const paths: string[] = []
  for (const line of output.split('\n')) {
    const missing = /^\s*(\S+) => not found/.exec(line)
    if (missing)
      throw new BuildFailure('LibraryMissing', `${program} needs ${missing[1]}, which this machine lacks`, {
        blame: 'system',
        retry: 'never',
      })
    const path = /=> (\/\S+) \(/.exec(line)?.[1] ?? /^\s*(\/\S+) \(/.exec(line)?.[1]
    if (path) paths.push(path)
  }
  return paths
}

/** Libraries of some programs, each once, at the paths where the loader looks for them. A static program has none. */
export async function librariesOf(programs: readonly string[]): Promise<ImageFile[]> {
  const lists = await Promise.all(
    programs.map(async program => {
      const { code, stdout, tail } = await runProgram('ldd', [program], { env: { ...process.env, LC_ALL: 'C' } })
      if (code === 0) return parseLdd(stdout, program)
      if (/not a dynamic executable|statically linked/.test(tail.join('\n'))) return []
      throw new BuildFailure('LibraryMissing', `ldd cannot read ${program}: ${tail.join(' ')}`, {
        blame: 'system',
        retry: 'never',
      })
    }),
  )
  return [...new Set(lists.flat())].sort().map(path => ({ path: path.slice(1), from: path, mode: 0o755 }))
}

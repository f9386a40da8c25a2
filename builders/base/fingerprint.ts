/**
 * Did anything that the images are made of change? Answered by sizes and times alone, in a few milliseconds, so that a start which has
 * nothing to do does nothing. What changes without either has been tampered with by hand.
 */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import type { Recipes } from './base-images.ts'
import { buildersFolder, codePaths } from './step-code.ts'

/** Raised when recipes change in what they make of the same inputs. */
const recipeVersion = 1

export const stamp = (path: string): string => {
  try {
    const { size, mtimeMs } = statSync(path)
    return `${size}:${mtimeMs}`
  } catch {
    return 'absent'
  }
}

/** Files whose change is to be noticed: the programs and libraries, but of a package with thousands of files only its manifest. */
export function inputsOf({ images }: Recipes): string[] {
  const paths = new Set<string>()
  for (const { layers } of Object.values(images))
    for (const { files } of layers)
      for (const file of files) {
        if (!('from' in file)) continue
        const inside = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(file.from)?.[1]
        if (inside && !file.path.startsWith('usr/local/bin')) paths.add(join(inside, 'package.json'))
        else paths.add(file.from)
      }
  return [...paths].sort()
}

/** Stamps of inputs, of the builders' own code, and of programs that were missing and may have come. */
export function fingerprint(inputs: readonly string[], extra: readonly string[]): string {
  const hash = createHash('sha256').update(`${recipeVersion} ${process.version} ${extra.join(' ')}\n`)
  for (const path of [...inputs, ...['/usr/bin/buildah', '/usr/bin/git', '/usr/bin/ssh', '/bin/busybox']])
    hash.update(`${path} ${stamp(path)}\n`)
  for (const path of codePaths()) hash.update(`${path} ${stamp(join(buildersFolder, path))}\n`)
  return hash.digest('hex')
}

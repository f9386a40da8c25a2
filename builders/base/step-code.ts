/**
 * The builders' own code for the image that build steps run in: `/slipway/builders/…` with the packages that it imports. TypeScript is
 * stripped when the image is made, which spares every step the 50 ms that Node takes to do it; `main.ts` stays as a link.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire, stripTypeScriptTypes } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { type ImageFile, textFile } from './image-file.ts'
import { filesBelow } from './program-files.ts'

export const codeRoot = 'slipway'

/** The package's folder, beside which this file lies. */
export const buildersFolder = dirname(import.meta.dirname)

const isCode = (path: string) =>
  !/(^|\/)(node_modules|testing)(\/|$)/.test(path) &&
  !/\.test\.ts$/.test(path) &&
  (/\.(ts|js|mjs|json)$/.test(path) || !path.split(sep).at(-1)!.includes('.'))

/** Imports of a stripped module name its stripped neighbours. */
const renameImports = (code: string) => code.replace(/(\bfrom\s*'|\bimport\(\s*'|\bimport\s*')(\.{1,2}\/[^']*)\.ts'/g, "$1$2.js'")

/** Strips types without Node's note that the function is new. */
function strip(source: string): string {
  const { emitWarning } = process
  process.emitWarning = () => {}
  try {
    return stripTypeScriptTypes(source)
  } finally {
    process.emitWarning = emitWarning
  }
}

/** Paths of the sources, relative to the package. */
export function codePaths(folder = buildersFolder): string[] {
  const found: string[] = []
  const visit = (at: string) => {
    for (const item of readdirSync(join(folder, at), { withFileTypes: true })) {
      const path = at ? `${at}/${item.name}` : item.name
      if (!isCode(path)) continue
      if (item.isDirectory()) visit(path)
      else found.push(path)
    }
  }
  visit('')
  return found.sort()
}

interface Manifest {
  version: string
  dependencies?: Record<string, string>
}

/** Folders of the packages that a package needs, those of its dependencies too. Left out: the project's own, and what only the Bare runtime loads. */
export function packageFolders(folder = buildersFolder): Map<string, string> {
  const found = new Map<string, string>()
  const visit = (from: string) => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as Manifest
    const resolve = createRequire(join(from, 'package.json')).resolve.paths('x') ?? []
    for (const name of Object.keys(dependencies)) {
      if (name.startsWith('@slipway/') || /^bare-/.test(name)) continue
      const at = resolve
        .map(base => join(base, name))
        .find(path => {
          try {
            readFileSync(join(path, 'package.json'))
            return true
          } catch {
            return false
          }
        })
      if (!at) throw new Error(`package ${name}, which ${from} needs, is not installed`)
      if ([...found.values()].includes(at)) continue
      found.set(placeOf(at, folder), at)
      visit(at)
    }
  }
  visit(folder)
  return found
}

/** A package keeps its place relative to the builders' folder if it lies in it, else it goes beside it. */
function placeOf(at: string, folder: string): string {
  const inside = relative(folder, at)
  if (!inside.startsWith('..')) return `${codeRoot}/builders/${inside}`
  const hoisted = at.slice(at.indexOf(`${sep}node_modules${sep}`) + 1)
  return `${codeRoot}/${hoisted}`
}

export async function stepCode(): Promise<ImageFile[]> {
  const files: ImageFile[] = [textFile(`${codeRoot}/package.json`, '{"type":"module"}\n')]
  for (const path of codePaths()) {
    const place = `${codeRoot}/builders/${path}`
    const from = join(buildersFolder, path)
    if (!path.endsWith('.ts')) files.push({ path: place, from, mode: 0o644 })
    else {
      const js = place.replace(/\.ts$/, '.js')
      files.push(textFile(js, renameImports(strip(readFileSync(from, 'utf8')))))
      if (path.endsWith('/main.ts')) files.push({ path: place, link: 'main.js' })
    }
  }
  for (const [place, at] of packageFolders())
    files.push(
      ...(await filesBelow(
        at,
        place,
        path => !/(^|\/)(node_modules|test|docs)(\/|$)/.test(path) && !/\.(map|md|ts|cts|mts)$/.test(path),
      )),
    )
  return files
}

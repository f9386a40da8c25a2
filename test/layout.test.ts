/** The layering is a test: who imports whom, and how files are named. See CONTRIBUTING.md. */

import { readdir, readFile } from 'node:fs/promises'
import { basename, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const root = fileURLToPath(new URL('..', import.meta.url))

async function sources(folder: string): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
}
const isTest = (file: string) =>
  /\.(test|fixture|contract)\.ts$/.test(file) || /(^|\/)testing(\/|\.ts)/.test(file) || file.startsWith('test/')

/** What a file imports at run time or for types: specifiers as written. */
async function importsOf(file: string): Promise<string[]> {
  const text = await readFile(join(root, file), 'utf8')
  return [...text.matchAll(/^(?:import|export)\b[^'"`;]*?from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)].map(
    m => m[1] ?? m[2] ?? m[3]!,
  )
}
/** The package folder that a specifier leads to: `core`, `builders`, `controllers`, `plugins/x`, or undefined for other packages. */
function packageOf(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return folderOf(relative(root, resolve(join(root, file), '..', specifier)))
  const own = /^@slipway\/(core|builders|controllers|plugin-[a-z-]+)/.exec(specifier)?.[1]
  return own?.replace(/^plugin-/, 'plugins/')
}
const folderOf = (path: string) => (path.startsWith('plugins/') ? path.split('/').slice(0, 2).join('/') : path.split('/')[0])

const allowed: Record<string, string[]> = {
  core: [],
  builders: ['core'],
  controllers: ['core', 'builders'],
  plugins: ['core', 'builders'],
}

describe('layout', () => {
  for (const [layer, may] of Object.entries(allowed))
    it(`${layer} imports only ${may.join(', ') || 'itself'}`, async () => {
      const wrong: string[] = []
      for (const file of (await sources(layer)).filter(f => !isTest(f)))
        for (const specifier of await importsOf(file)) {
          const target = packageOf(file, specifier)
          if (target && target !== folderOf(file) && !may.includes(target)) wrong.push(`${file} imports ${specifier}`)
        }
      expect(wrong).to.deep.equal([])
    })

  const homes: Record<string, string[]> = {
    bullmq: ['core/queue'],
    ioredis: ['core/queue', 'plugins/redis'],
    '@kubernetes/client-node': ['core/client', 'core/api'],
    commander: ['core/cli'],
    'simple-git': ['builders/source'],
    express: ['plugins/apiserver', 'plugins/registry', 'plugins/git-server'],
  }
  for (const [library, folders] of Object.entries(homes))
    it(`${library} is imported only in ${folders.join(', ')}`, async () => {
      const wrong: string[] = []
      for (const layer of Object.keys(allowed))
        for (const file of (await sources(layer)).filter(f => !isTest(f)))
          if (
            (await importsOf(file)).some(s => s === library || s.startsWith(`${library}/`)) &&
            !folders.some(f => file.startsWith(`${f}/`))
          )
            wrong.push(file)
      expect(wrong).to.deep.equal([])
    })

  it('files are named in kebab-case, after what they hold', async () => {
    const vague = new Set(['utils', 'helpers', 'common', 'types', 'misc', 'util', 'helper'])
    const all = (await Promise.all([...Object.keys(allowed), 'test'].map(sources))).flat()
    const wrong = all.filter(file => {
      const name = basename(file).replace(/\.ts$/, '')
      return !/^[a-z0-9]+([-.][a-z0-9]+)*$/.test(name) || vague.has(name)
    })
    expect(wrong).to.deep.equal([])
  })

  it('core does not import its tests’ helpers', async () => {
    const wrong: string[] = []
    for (const file of (await sources('core')).filter(f => !isTest(f)))
      for (const specifier of await importsOf(file))
        if (/\/testing(\/|$)/.test(specifier)) wrong.push(`${file} imports ${specifier}`)
    expect(wrong).to.deep.equal([])
  })
})

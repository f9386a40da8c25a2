/** Programs of this machine with all that they need: Node, git, ssh, npm, buildah. */
import { readdir, realpath, stat } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { findNpm } from '../layers/dependencies-layer.ts'
import { runProgram } from '../step/run-program.ts'
import { type ImageFile, textFile } from './image-file.ts'
import { librariesOf } from './shared-libraries.ts'
import { exists } from './system-files.ts'

/** All files below a folder, links followed where they stay inside it. */
export async function filesBelow(
  folder: string,
  place: string,
  keep: (path: string) => boolean = () => true,
): Promise<ImageFile[]> {
  const files: ImageFile[] = []
  const visit = async (at: string) => {
    for (const item of await readdir(at, { withFileTypes: true })) {
      const full = join(at, item.name)
      const path = relative(folder, full)
      if (!keep(path)) continue
      if (item.isDirectory()) await visit(full)
      else if (
        item.isFile() ||
        (item.isSymbolicLink() &&
          (await stat(full).then(
            s => s.isFile(),
            () => false,
          )))
      )
        files.push({ path: `${place}/${path}`, from: full })
    }
  }
  await visit(folder)
  return files
}

export async function nodeFiles(): Promise<{ binary: ImageFile[]; libraries: ImageFile[] }> {
  const node = await realpath(process.execPath)
  return { binary: [{ path: 'usr/local/bin/node', from: node, mode: 0o755 }], libraries: await librariesOf([node]) }
}

async function find(program: string): Promise<string | undefined> {
  for (const folder of ['/usr/bin', '/usr/local/bin', '/bin', ...(process.env.PATH ?? '').split(':')]) {
    const path = join(folder, program)
    if (await exists(path)) return realpath(path)
  }
  return undefined
}

/** git with its HTTP transport and the scripts of submodules; ssh where it is installed. */
export async function gitFiles(): Promise<ImageFile[] | undefined> {
  const git = await find('git')
  if (!git) return undefined
  const core = (await runProgram(git, ['--exec-path'])).stdout.trim()
  const ssh = await find('ssh')
  const http = join(core, 'git-remote-http')
  const programs = [git, ...(ssh ? [ssh] : []), ...((await exists(http)) ? [http] : [])]
  const place = core.slice(1)
  const scripts = ['git-submodule', 'git-sh-setup', 'git-sh-i18n', 'git-sh-i18n--envsubst'].map(name => join(core, name))
  const present: ImageFile[] = []
  for (const script of scripts) if (await exists(script)) present.push({ path: script.slice(1), from: script, mode: 0o755 })
  return [
    ...(await librariesOf([
      ...programs,
      ...scripts.filter(s => s.endsWith('envsubst') && present.some(p => `/${p.path}` === s)),
    ])),
    { path: 'usr/bin/git', from: git, mode: 0o755 },
    { path: `${place}/git`, link: '/usr/bin/git' },
    ...(programs.includes(http)
      ? [
          { path: `${place}/git-remote-http`, from: http, mode: 0o755 },
          { path: `${place}/git-remote-https`, link: 'git-remote-http' },
        ]
      : []),
    ...present,
    { path: 'usr/share/git-core/templates', directory: true },
    ...(ssh ? [{ path: 'usr/bin/ssh', from: ssh, mode: 0o755 }] : []),
  ]
}

/** npm as a package beside Node. */
export async function npmFiles(): Promise<ImageFile[] | undefined> {
  const cli = await findNpm().catch(() => undefined)
  if (!cli) return undefined
  const home = dirname(dirname(cli))
  const place = 'usr/local/lib/node_modules/npm'
  return [
    ...(await filesBelow(home, place, path => !/^(docs|man)(\/|$)/.test(path))),
    { path: 'usr/local/bin/npm', link: '../lib/node_modules/npm/bin/npm-cli.js' },
    { path: 'usr/local/bin/npx', link: '../lib/node_modules/npm/bin/npx-cli.js' },
  ]
}

export async function buildahFiles(): Promise<ImageFile[] | undefined> {
  const buildah = await find('buildah')
  if (!buildah) return undefined
  return [
    ...(await librariesOf([buildah])),
    { path: 'usr/bin/buildah', from: buildah, mode: 0o755 },
    textFile('etc/containers/policy.json', '{"default":[{"type":"insecureAcceptAnything"}]}\n'),
    textFile('etc/containers/registries.conf', 'unqualified-search-registries = ["docker.io"]\nshort-name-mode = "permissive"\n'),
    textFile(
      'etc/containers/storage.conf',
      '[storage]\ndriver = "vfs"\nrunroot = "/run/containers/storage"\ngraphroot = "/var/lib/containers/storage"\n',
    ),
    { path: 'var/lib/containers', directory: true },
  ]
}

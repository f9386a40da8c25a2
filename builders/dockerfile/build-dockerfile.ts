/** Builds a Dockerfile with buildah and pushes the image. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve, sep } from 'node:path'
import { BuildFailure, codeOf } from '../failure/index.ts'
import { type Digest, isDigest } from '../image/digest.ts'
import { addressInHosts, hostnameOf, isLocalName } from '../image/local-name.ts'
import { type ProgramResult, runProgram } from '../step/run-program.ts'
import { budArguments, type DockerfileBuild, pushArguments, registriesConf, registriesOf } from './buildah-arguments.ts'

export interface BuildOptions extends DockerfileBuild {
  report?: (line: string) => void
  signal?: AbortSignal
}

/** Go programs ask DNS for `*.localhost`: where no hosts file has the name, its address must be put in its place. */
async function reachable(registry: string): Promise<string> {
  const name = hostnameOf(registry)
  if (!isLocalName(name) || name === 'localhost' || /^[\d.:]+$/.test(name)) return registry
  const hosts = await readFile('/etc/hosts', 'utf8').catch(() => '')
  return addressInHosts(hosts, name) ? registry : registry.replace(name, '127.0.0.1')
}

async function readDockerfile(context: string, dockerfile: string): Promise<string> {
  const path = resolve(context, dockerfile)
  if (path !== context && !path.startsWith(resolve(context) + sep))
    throw new BuildFailure('DockerfileMissing', `the Dockerfile ${dockerfile} lies outside of the build context`)
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (!['ENOENT', 'ENOTDIR', 'EISDIR'].includes(codeOf(error) ?? '')) throw error
    throw new BuildFailure(
      'DockerfileMissing',
      `there is no ${dockerfile} in the source; add one, name another, or build with the layers template`,
    )
  }
}

/** Buildah's last words on what went wrong. */
function failure(what: string, { tail, code }: ProgramResult): BuildFailure {
  const lines = tail.map(line => line.trim()).filter(Boolean)
  const said =
    lines.findLast(line => /^(Error|error)[: ]|error (building|creating|pushing)|FATA/.test(line)) ?? lines.at(-1) ?? ''
  // Of a command that failed the reason is what it printed itself.
  const printed = /at STEP "RUN/.test(said)
    ? lines
        .slice(0, lines.indexOf(said))
        .filter(line => !/^(STEP |subprocess exited|-->)/.test(line))
        .slice(-3)
    : []
  const text = [said.replace(/^(Error|error): ?/, ''), ...printed].join('; ')
  const passing = /connection (refused|reset)|i\/o timeout|no such host|TLS handshake|temporary failure|50[0234] /i.test(text)
  const full = /no space left/i.test(text)
  const reason = full
    ? 'StorageFull'
    : what === 'push'
      ? 'PushFailed'
      : /manifest unknown|name unknown|unauthorized|initializing source/i.test(text)
        ? 'BaseImageFailed'
        : 'DockerfileFailed'
  return new BuildFailure(reason, `buildah ${what} failed with exit code ${code}: ${text}`, {
    blame: passing || full ? 'system' : 'user',
  })
}

export async function buildDockerfile(options: BuildOptions): Promise<{ digest: Digest }> {
  const { context, image, dockerfile = 'Dockerfile', report = () => {}, signal } = options
  const text = await readDockerfile(context, dockerfile)
  const build = { ...options, dockerfile: resolve(context, dockerfile) }
  const at = { ...image, registry: await reachable(image.registry) }
  const registries = registriesOf(text, options.arguments)
  const locations = Object.fromEntries(await Promise.all(registries.map(async name => [name, await reachable(name)] as const)))
  await mkdir(options.storage, { recursive: true })
  const work = await mkdtemp(join(tmpdir(), 'dockerfile-'))
  try {
    const conf = join(work, 'registries.conf')
    await writeFile(conf, registriesConf(registries, options.insecure, locations))
    const env = { ...process.env, BUILDAH_ISOLATION: 'chroot', STORAGE_DRIVER: 'vfs', CONTAINERS_REGISTRIES_CONF: conf }
    const run = (args: string[]) => runProgram('buildah', args, { signal, env, onLine: report })
    const built = await run(budArguments(build))
    if (built.code !== 0) throw failure('bud', built)
    const digestFile = join(work, 'digest')
    const pushed = await run(pushArguments(build, digestFile, at))
    if (pushed.code !== 0) throw failure('push', pushed)
    const digest = (await readFile(digestFile, 'utf8')).trim()
    if (!isDigest(digest))
      throw new BuildFailure('PushFailed', `buildah wrote no digest: ${JSON.stringify(digest)}`, { blame: 'system' })
    return { digest }
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

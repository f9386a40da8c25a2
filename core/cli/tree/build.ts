/** `slipway build [folder]`: builds a working tree that was never pushed, with the same templates as a push; releases nothing. */

import { Build } from '../../api/build/index.ts'
import { Namespace } from '../../api/builtin.ts'
import { conditionOf } from '../../api/conditions.ts'
import { objectOf } from '../../api/kind.ts'
import { isStatus } from '../../api/status-error.ts'
import type { Api } from '../../client/index.ts'
import { buildProgress } from '../../delivery/index.ts'
import { findInstallation } from '../installation.ts'
import { print, printError } from '../print.ts'
import { snapshot } from './snapshot.ts'
import { type TreeOptions, type TreeTarget, targetOf } from './target.ts'

export interface BuildOptions extends TreeOptions {
  /** A (Cluster)BuildTemplate; default: `buildah` where there is a Dockerfile, else `layers`. */
  template?: string
  /** Where the image goes, without a tag. Default: the installation's registry. */
  image?: string
  arg?: string[]
}

/** git's own words, without its progress. */
const wordsOf = (error: unknown) => String((error as { stderr?: string }).stderr ?? error).trim()

function argumentsOf(given: string[] = []): { name: string; value: string }[] {
  return given.map(text => {
    const at = text.indexOf('=')
    if (at < 1) throw new Error(`--arg ${text}: write it as NAME=VALUE`)
    return { name: text.slice(0, at), value: text.slice(at + 1) }
  })
}

const hostOf = (address: string | undefined, host: string) => {
  if (!address) throw new Error(`this installation has no ${host} that is known here; name an image with --image`)
  return `${host}.localhost:${new URL(address).port}`
}

async function buildObject(
  target: TreeTarget,
  commit: string,
  hasDockerfile: boolean,
  options: BuildOptions,
  addresses: Record<string, string>,
): Promise<Build> {
  const image = options.image ?? `${hostOf(addresses.registry, 'registry')}/${target.namespace}/${target.name}`
  return objectOf(Build, {
    metadata: { name: `${target.name}-tree-${commit.slice(0, 12)}`, namespace: target.namespace },
    spec: {
      source: { git: { url: `http://${hostOf(addresses.git, 'git')}/${target.namespace}/${target.name}.git`, revision: commit } },
      template: {
        name: options.template ?? (hasDockerfile ? 'buildah' : 'layers'),
        kind: 'ClusterBuildTemplate',
        arguments: [{ name: 'IMAGE', value: `${image}:${commit.slice(0, 12)}` }, ...argumentsOf(options.arg)],
      },
    },
  })
}

/** A build of the same content that failed is made anew; one that runs or succeeded is what is asked for. */
async function createOrFind(api: Api, wanted: Build): Promise<void> {
  const existing = await api.find(Build, wanted.metadata)
  if (conditionOf(existing?.status?.conditions, 'Succeeded')?.status === 'False')
    await api.delete(Build, wanted.metadata, { propagation: 'Foreground' })
  try {
    await api.create(Build, wanted)
  } catch (error) {
    if (!isStatus(error, 'AlreadyExists')) throw error
  }
}

export async function build(folder: string, options: BuildOptions): Promise<number> {
  const { api, addresses } = await findInstallation(options.home)
  const taken = await snapshot(folder)
  try {
    const target = targetOf(options, taken, addresses)
    await api.apply(Namespace, { metadata: { name: target.namespace } }, { fieldManager: 'slipway-cli' })
    // Not a branch: it is kept, and nothing is built of it by itself.
    await taken.git(['push', '--quiet', target.remote, `${taken.commit}:refs/trees/${taken.commit}`]).catch(error => {
      throw new Error(`the tree cannot be sent to ${target.remote}: ${wordsOf(error)}`)
    })
    const { stdout } = await taken.git(['ls-tree', '--name-only', taken.commit, 'Dockerfile'])
    const wanted = await buildObject(target, taken.commit, stdout.trim() !== '', options, addresses)
    await createOrFind(api, wanted)
    const progress = buildProgress(api, wanted.metadata)
    for (;;) {
      const { done, value } = await progress.next()
      if (!done) {
        print(value)
        continue
      }
      const succeeded = conditionOf(value?.status?.conditions, 'Succeeded')
      if (succeeded?.status !== 'True') {
        printError(succeeded?.message ?? 'the build did not end')
        return 1
      }
      const { name = '', digest } = value?.status?.image ?? {}
      print(`-----> ${name.replace(/:[^:/]+$/, '')}${digest ? `@${digest}` : ''}`)
      return 0
    }
  } finally {
    await taken.remove()
    await api.close()
  }
}

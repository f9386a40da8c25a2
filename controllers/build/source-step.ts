/** The steps that fetch the sources: each a container before the build's own steps. */
import type { k8s } from '@slipway/core/api'
import type { BuildSpec, Source } from '@slipway/core/api/build'
import { ownImages, paths, stepPrefix } from './names.ts'

const builder = `${ownImages}builder`
const fetcher = '/slipway/builders/source/main.ts'

const flag = (name: string, value: string | number | boolean | undefined): string[] =>
  value === undefined || value === '' ? [] : [`--${name}=${value}`]

/** Where a source goes: /workspace, or a folder below it. */
const targetOf = ({ targetPath }: Source) => (targetPath ? `${paths.workspace}/${targetPath}` : paths.workspace)

function argumentsOf(source: Source): { kind: string; args: string[] } {
  const target = flag('target', targetOf(source))
  const { git, gcs, archive } = source
  if (git) {
    const { url, revision, depth, submodules } = git
    return {
      kind: 'git',
      args: [
        'git',
        ...flag('url', url),
        ...flag('revision', revision),
        ...flag('depth', depth),
        ...flag('submodules', submodules),
        ...flag('sub-path', source.subPath),
        ...target,
      ],
    }
  }
  if (gcs) return { kind: 'gcs', args: ['storage', ...flag('type', gcs.type), ...flag('location', gcs.location), ...target] }
  return { kind: 'archive', args: ['archive', ...flag('url', archive!.url), ...flag('checksum', archive!.checksum), ...target] }
}

function stepOf(source: Source): k8s.Container {
  const suffix = source.name ? `-${source.name}` : ''
  if (source.custom)
    return {
      ...source.custom,
      name: `${stepPrefix}custom-source${suffix}`,
      workingDir: source.custom.workingDir ?? paths.workspace,
    }
  const { kind, args } = argumentsOf(source)
  return {
    name: `${stepPrefix}${kind}-source${suffix}`,
    image: builder,
    command: ['node', fetcher],
    args,
    workingDir: paths.workspace,
  }
}

export const sourcesOf = ({ source, sources = [] }: BuildSpec): Source[] => (source ? [source, ...sources] : sources)
export const sourceSteps = (spec: BuildSpec): k8s.Container[] => sourcesOf(spec).map(stepOf)

/** Where the steps run: the folder that a source's subPath names. */
export function workingDirectory(spec: BuildSpec): string {
  const withPath = sourcesOf(spec).find(source => source.subPath)
  return withPath ? `${targetOf(withPath)}/${withPath.subPath}` : paths.workspace
}

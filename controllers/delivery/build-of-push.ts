/** The Build that a push is made into. Pure; the same push always gives the same object. */
import { controllerRef, objectOf } from '@slipway/core/api'
import { Build } from '@slipway/core/api/build'
import type { Repository } from '@slipway/core/api/delivery'
import {
  deliveryAnnotations as annotations,
  buildNameOf,
  builtAs,
  deliveryLabels as labels,
  type Push,
} from '@slipway/core/delivery'

/** Where code comes from and images go in this installation. */
export interface Installation {
  /** Of the git server, without a slash at its end; undefined where there is none. */
  gitUrl: string | undefined
  /** Host of the registry, as in image names. */
  registryHost: string | undefined
}

/** The ClusterBuildTemplates that come with Slipway. */
const builtInTemplates = { layers: 'layers', dockerfile: 'buildah' } as const

/** What is missing so that the repository can be built, in words. */
export function buildProblem({ spec, metadata }: Repository, { gitUrl, registryHost }: Installation): string | undefined {
  if (!spec.url && !gitUrl) return `Repository "${metadata.name}" has no spec.url, and this installation has no git server`
  if (!spec.build.image && !registryHost)
    return `Repository "${metadata.name}" has no spec.build.image, and this installation has no registry`
  return undefined
}

/** When a push came in, as its Build says it. */
export const pushedAtOf = (push: Pick<Push, 'receivedAt'>): string => new Date(push.receivedAt).toISOString()

/** What the newest push of a commit says about it; a push that comes back to a commit changes only this. */
export function pushAnnotations(push: Push): Record<string, string> {
  const { canary } = push.options
  return {
    [annotations.branch]: builtAs(push)!,
    [annotations.pushedAt]: pushedAtOf(push),
    ...(push.pusher && { [annotations.pusher]: push.pusher }),
    ...(canary && { [annotations.canary]: canary }),
  }
}

export function buildOfPush(repository: Repository, push: Push, { gitUrl, registryHost }: Installation): Build {
  const { name, namespace } = repository.metadata
  const { build, url } = repository.spec
  const image = build.image ?? `${registryHost}/${namespace}/${name}`
  const builtIn = build.builder === 'auto' ? (push.hasDockerfile ? 'dockerfile' : 'layers') : build.builder
  const template = build.template ?? { kind: 'ClusterBuildTemplate' as const, name: builtInTemplates[builtIn] }
  const own = [{ name: 'IMAGE', value: `${image}:${push.commit.slice(0, 12)}` }]
  const given = build.arguments ?? []
  return objectOf(Build, {
    metadata: {
      name: buildNameOf(name, push.commit),
      namespace: namespace!,
      labels: { [labels.repository]: name, [labels.commit]: push.commit },
      annotations: pushAnnotations(push),
      ownerReferences: [controllerRef(repository)],
    },
    spec: {
      source: {
        git: { url: url ?? `${gitUrl}/${namespace}/${name}.git`, revision: push.commit },
        ...(build.directory && { subPath: build.directory }),
      },
      template: {
        ...template,
        arguments: [...own.filter(a => !given.some(g => g.name === a.name)), ...given],
        ...(build.env && { env: build.env as never }),
      },
      timeout: build.timeout,
      ...(build.serviceAccountName && { serviceAccountName: build.serviceAccountName }),
    },
  })
}

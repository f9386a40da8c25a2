/** The config of an application's image, from that of its base. Pure. */
import { BuildFailure } from '../failure/index.ts'
import type { Digest } from '../image/digest.ts'
import type { ContainerConfig, ImageConfig } from '../image/manifest.ts'
import type { AppPlan } from './app-plan.ts'

export interface ImageMetadata {
  /** Seconds since the epoch: the commit's time, so that equal sources give equal images. */
  created: number
  /** The commit. */
  revision?: string
  /** Where the source is kept: a URL. */
  source?: string
  labels?: Record<string, string>
  env?: Record<string, string>
  /** Instead of the base's own: `65532:65532`. */
  user?: string
  /** The port an application listens on unless PORT says otherwise. */
  port: number
}

export interface AddedLayer {
  diffId: Digest
  /** One line for people: what the layer is. */
  createdBy: string
}

export const appFolder = '/app'
/** Where the server of static sites is put. */
export const staticServerPath = '/slipway/static-server.mjs'

const asMap = (env: readonly string[] = []) =>
  new Map(env.map(each => [each.slice(0, each.indexOf('=')), each.slice(each.indexOf('=') + 1)]))

function startOf(plan: AppPlan, base: ContainerConfig | undefined): Pick<ContainerConfig, 'Entrypoint' | 'Cmd'> {
  if (plan.kind === 'static') return { Entrypoint: ['node', staticServerPath, appFolder] }
  if (plan.start) return { Entrypoint: plan.start.entrypoint }
  if (base?.Entrypoint?.length || base?.Cmd?.length) return { Entrypoint: base.Entrypoint, Cmd: base.Cmd }
  throw new BuildFailure(
    'NoStartCommand',
    'cannot tell how to start the application: there is no package.json, no index.html and no Procfile with a line "web: COMMAND", and the base image has no command of its own',
  )
}

/** @throws BuildFailure NoStartCommand */
export function appConfig(base: ImageConfig, plan: AppPlan, layers: readonly AddedLayer[], metadata: ImageMetadata): ImageConfig {
  const { created, revision, source, port, user } = metadata
  const env = asMap(base.config?.Env)
  if (plan.kind !== 'prebuilt') env.set('NODE_ENV', 'production')
  env.set('PORT', String(port))
  env.set(
    'PATH',
    `${appFolder}/node_modules/.bin:${env.get('PATH') ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'}`,
  )
  for (const [name, value] of Object.entries({ ...plan.start?.env, ...metadata.env })) env.set(name, value)
  const at = new Date(created * 1000).toISOString().replace(/\.000Z$/, 'Z')
  const labels = {
    ...base.config?.Labels,
    'org.opencontainers.image.created': at,
    ...(revision && { 'org.opencontainers.image.revision': revision }),
    ...(source && { 'org.opencontainers.image.source': source }),
    ...metadata.labels,
  }
  const { Entrypoint, Cmd } = startOf(plan, base.config)
  return {
    created: at,
    architecture: base.architecture,
    os: base.os,
    ...(base.variant && { variant: base.variant }),
    config: {
      ...((user ?? base.config?.User) && { User: user ?? base.config?.User }),
      ExposedPorts: { ...base.config?.ExposedPorts, [`${port}/tcp`]: {} },
      Env: [...env].map(([name, value]) => `${name}=${value}`),
      ...(Entrypoint && { Entrypoint }),
      ...(Cmd && { Cmd }),
      WorkingDir: appFolder,
      Labels: Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1))),
      ...(base.config?.StopSignal && { StopSignal: base.config.StopSignal }),
    },
    rootfs: { type: 'layers', diff_ids: [...base.rootfs.diff_ids, ...layers.map(l => l.diffId)] },
    history: [...(base.history ?? []), ...layers.map(l => ({ created: at, created_by: l.createdBy }))],
  }
}

/** The layers that an application puts on its base: dependencies, the static server, its own source. */
import { join } from 'node:path'
import type { Platform } from '../image/platform.ts'
import { dependenciesKey, installDependencies, needsSource } from './dependencies-layer.ts'
import { appFolder, staticServerPath } from './image-config.ts'
import type { LayerMaker, NamedLayer } from './layer-maker.ts'
import type { PreparedSource } from './prepared-source.ts'
import { readTree } from './source-tree.ts'
import { hashTree } from './tree-hash.ts'

/** Part of every key: a change of how layers are packed makes new ones. */
const packing = `layer 1 ${appFolder}`

export interface AppLayersOptions {
  maker: LayerMaker
  /** Where dependencies are installed before they are packed. */
  cache: string
  report: (line: string) => void
  signal?: AbortSignal
}

export interface AppLayers {
  /** From the bottom up. */
  for(platform: Platform): Promise<NamedLayer[]>
}

export function appLayers(
  { folder, plan, texts }: PreparedSource,
  { maker, cache, report, signal }: AppLayersOptions,
): AppLayers {
  const hash = hashTree(plan.source, packing)
  // The same for all platforms: made once, begun at once.
  const source = hash.then(key =>
    maker.make({
      name: 'source',
      createdBy: `slipway layers: COPY source ${appFolder}`,
      key,
      pack: async () => ({ entries: plan.source }),
    }),
  )
  source.catch(() => {})

  const dependencies = async (platform: Platform): Promise<NamedLayer[]> => {
    const common = { name: 'node_modules', createdBy: 'slipway layers: node_modules', costly: true }
    if (plan.dependencies === 'vendored')
      return [
        await maker.make({
          ...common,
          key: await hashTree(plan.vendored, packing),
          pack: async () => ({ entries: plan.vendored }),
        }),
      ]
    if (plan.dependencies === 'none') return []
    const key = dependenciesKey(texts, platform, needsSource(texts) ? await hash : '')
    return [
      await maker.make({
        ...common,
        key,
        pack: () => installDependencies({ texts, source: plan.source, folder, cache, platform, report, signal }),
      }),
    ]
  }

  const staticServer = async (): Promise<NamedLayer[]> => {
    if (plan.kind !== 'static') return []
    const inside = (await readTree(join(import.meta.dirname, 'static-server'))).filter(e =>
      staticServerPath.endsWith(`/${e.path}`),
    )
    const prefix = staticServerPath.slice(1, staticServerPath.lastIndexOf('/'))
    const key = await hashTree(inside, 'static server 1')
    return [
      await maker.make({
        name: 'static server',
        createdBy: 'slipway layers: server of static files',
        key,
        pack: async () => ({ entries: inside, prefix }),
      }),
    ]
  }

  return {
    for: async platform => (await Promise.all([dependencies(platform), staticServer(), source.then(layer => [layer])])).flat(),
  }
}

import { ensureBaseImages } from '@slipway/builders/base'
import { createRegistryClient, formatReference, parseReference, withDefaultTag } from '@slipway/builders/image'
import { s } from '@slipway/core/api'
import { connectApi } from '@slipway/core/client'
import { ApiConnection, definePlugin, ImageResolver, RegistryEndpoint, StepImages } from '@slipway/core/plugin'
import { installTemplates } from './install-templates.ts'

export default definePlugin({
  name: 'base-images',
  config: s.object({
    installTemplates: s
      .boolean()
      .default(true)
      .describe('Keep the ClusterBuildTemplates that come with Slipway as they are shipped.'),
    timeoutSeconds: s.int().min(1).default(20).describe('How long a registry may take to say what a tag stands for.'),
  }),
  requires: { connection: ApiConnection, registry: RegistryEndpoint },
  provides: { resolver: ImageResolver, steps: StepImages },
  async start({ config, connection, registry, dataDir, log, signal, onStop }) {
    const client = createRegistryClient({ credentials: async () => undefined })
    onStop(() => client.close())
    const images = await ensureBaseImages(registry.host, {
      cacheDir: dataDir,
      client,
      signal,
      report: line => log.info({}, line),
    })
    if (config.installTemplates) {
      const api = connectApi(connection, { userAgent: 'slipway-base-images' })
      await installTemplates(api).finally(() => api.close())
    }
    const resolve = async (image: string): Promise<string> => {
      const reference = withDefaultTag(parseReference(image))
      const timeout = AbortSignal.timeout(config.timeoutSeconds * 1000)
      const { digest } = await client.resolveDigest(reference, { signal: AbortSignal.any([signal, timeout]) })
      const { tag: _, ...named } = reference
      return formatReference({ ...named, digest })
    }
    return { resolver: { resolve }, steps: { images } }
  },
})

/** The layers builder behind the interface that all builders share. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Builder } from '../builder/builder.ts'
import { parseReference } from '../image/reference.ts'
import type { RegistryClient } from '../image/registry-client.ts'
import { type ImageSource, toRegistry } from '../image/transfer.ts'
import { buildImage } from './build-image.ts'
import { commitInfo } from './commit-info.ts'
import { registryLayers } from './registry-layers.ts'

export interface LayersBuilderOptions {
  client: RegistryClient
  base: ImageSource
  cache: string
  report?: (line: string) => void
}

export const layersBuilder = ({ client, base, cache, report }: LayersBuilderOptions): Builder => ({
  name: 'layers',
  async refuses({ folder }) {
    const dockerfile = await access(join(folder, 'Dockerfile')).then(
      () => true,
      () => false,
    )
    return dockerfile ? 'it has a Dockerfile, which the layers builder does not read' : undefined
  },
  async build({ folder, image, tags = ['latest'], revision, url }, signal) {
    const git = await commitInfo(folder)
    const name = parseReference(image)
    const [first, ...more] = tags
    const metadata = { created: git.created ?? 0, revision: revision ?? git.revision, source: url ?? git.source, port: 8080 }
    const { digest } = await buildImage({
      source: folder,
      base,
      sink: toRegistry(client, { ...name, tag: first }),
      remote: registryLayers(client, name),
      cache,
      metadata,
      report,
      signal,
    })
    for (const tag of more) {
      const { bytes, descriptor } = await client.fetchManifest({ ...name, digest }, { signal })
      await client.pushManifest({ ...name, tag }, bytes, descriptor.mediaType, { signal })
    }
    return { image: `${name.registry}/${name.repository}`, digest }
  },
})

/** Makes base images and pushes what a registry lacks of them. */
import { type Digest, sha256 } from '../image/digest.ts'
import { type Descriptor, type ImageConfig, imageManifest, stored } from '../image/manifest.ts'
import { mediaType } from '../image/media-type.ts'
import { hostPlatform } from '../image/platform.ts'
import { describeStream, type RegistryClient } from '../image/registry-client.ts'
import { type ImageRecipe, type LayerRecipe, recipes } from './base-images.ts'
import { fingerprint, inputsOf } from './fingerprint.ts'
import { type BaseImageName, baseImageNames, wishes } from './image-name.ts'
import { type Note, writeNote } from './note.ts'
import { packFiles } from './pack-files.ts'

export interface MakeOptions {
  client: RegistryClient
  /** The host of names. */
  registry: string
  cacheDir: string
  which: readonly BaseImageName[]
  prefix: string
  report: (line: string) => void
  signal?: AbortSignal
}

const created = '1970-01-01T00:00:00Z'

function configOf({ config, layers }: ImageRecipe, digests: readonly Digest[]) {
  const { os, architecture, variant } = hostPlatform()
  const value: ImageConfig = {
    created,
    architecture,
    os,
    ...(variant && { variant }),
    config,
    rootfs: { type: 'layers', diff_ids: digests },
    history: layers.map(({ name }) => ({ created, created_by: `slipway base: ${name}` })),
  }
  return stored(value, mediaType.config)
}

/**
 * Layers are tar without compression: the largest is Node's own binary, which is packed, hashed, sent and unpacked on one machine; there
 * compression costs more than it saves.
 */
async function pushImage(
  name: BaseImageName,
  recipe: ImageRecipe,
  layerOf: (layer: LayerRecipe) => Promise<Descriptor>,
  options: { client: RegistryClient; registry: string; repository: string; report: (line: string) => void; signal?: AbortSignal },
): Promise<Digest> {
  const { client, registry, repository, report, signal } = options
  const target = { registry, repository }
  const descriptors: Descriptor[] = []
  for (const layer of recipe.layers) {
    const descriptor = await layerOf(layer)
    await client.pushBlob(target, descriptor, () => packFiles(layer.files), { signal, from: sharedHome(repository) })
    descriptors.push(descriptor)
  }
  const config = configOf(
    recipe,
    descriptors.map(d => d.digest),
  )
  await client.pushBlob(
    target,
    config.descriptor,
    async function* () {
      yield config.bytes
    },
    { signal },
  )
  const manifest = imageManifest(config.descriptor, descriptors)
  await client.pushManifest({ ...target, tag: 'latest' }, manifest.bytes, mediaType.manifest, { signal })
  report(`base image ${name}: ${descriptors.reduce((sum, d) => sum + d.size, 0) >> 20} MiB, ${manifest.descriptor.digest}`)
  return sha256(manifest.bytes)
}

/** Layers are mounted from the image that has most of them. */
const sharedHome = (repository: string) => repository.replace(/[^/]+$/, 'base-node')

/** @throws BuildFailure when the registry cannot be reached, or a library is missing */
export async function makeBaseImages({ client, registry, cacheDir, which, prefix, report, signal }: MakeOptions): Promise<void> {
  const made = await recipes(which)
  const known = new Map<string, Promise<Descriptor>>()
  const layerOf = (layer: LayerRecipe) => {
    const key = sha256(JSON.stringify(layer.files))
    const found = known.get(key) ?? describeStream(mediaType.layer, packFiles(layer.files))
    known.set(key, found)
    return found
  }
  const digests: Note['digests'] = {}
  for (const name of baseImageNames) {
    const recipe = made.images[name]
    if (recipe)
      digests[name] = await pushImage(name, recipe, layerOf, {
        client,
        registry,
        repository: `${prefix}/${name}`,
        report,
        signal,
      })
  }
  const inputs = inputsOf(made)
  await writeNote(cacheDir, { fingerprint: fingerprint(inputs, wishes(which, prefix)), inputs, digests, missing: made.missing })
}

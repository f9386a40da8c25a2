/** Makes the base images and pushes what a registry lacks. A second start finds all of it there and does nothing. */
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, sha256 } from '../image/digest.ts'
import { type Descriptor, type ImageConfig, imageManifest, stored } from '../image/manifest.ts'
import { mediaType } from '../image/media-type.ts'
import { hostPlatform } from '../image/platform.ts'
import { createRegistryClient, describeStream, type RegistryClient } from '../image/registry-client.ts'
import { type BaseImageName, baseImageNames, type ImageRecipe, type LayerRecipe, recipes } from './base-images.ts'
import { fingerprint, inputsOf } from './fingerprint.ts'
import { packFiles } from './pack-files.ts'

export interface EnsureOptions {
  /** Where it is remembered what was made of what. */
  cacheDir: string
  /** Default all. */
  which?: readonly BaseImageName[]
  /** Below which name they are pushed; default `slipway`. */
  prefix?: string
  client?: RegistryClient
  /** Progress, and what this machine lacks; a line at a time. */
  report?: (line: string) => void
  signal?: AbortSignal
}

/** References by digest, such as `builder: registry.localhost:5000/slipway/builder@sha256:…`; an image that cannot be made here is absent. */
export type BaseImages = Partial<Record<BaseImageName, string>>

interface Note {
  fingerprint: string
  inputs: string[]
  digests: Partial<Record<BaseImageName, Digest>>
  missing: string[]
}

const created = '1970-01-01T00:00:00Z'

async function readNote(path: string): Promise<Note | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Note
  } catch {
    return undefined
  }
}

async function writeNote(path: string, note: Note): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const draft = `${path}.${randomUUID()}`
  await writeFile(draft, JSON.stringify(note))
  await rename(draft, path)
}

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

/**
 * @param registry where to push: the host of names, such as `registry.localhost:5000`
 * @throws BuildFailure when the registry cannot be reached
 */
export async function ensureBaseImages(registry: string, options: EnsureOptions): Promise<BaseImages> {
  const { cacheDir, which = baseImageNames, prefix = 'slipway', report = () => {}, signal } = options
  const client = options.client ?? createRegistryClient({ credentials: async () => undefined })
  const notePath = join(cacheDir, 'base-images.json')
  const repositoryOf = (name: BaseImageName) => `${prefix}/${name}`
  const references = (digests: Note['digests']): BaseImages =>
    Object.fromEntries(
      Object.entries(digests).map(([name, digest]) => [name, `${registry}/${repositoryOf(name as BaseImageName)}@${digest}`]),
    )
  try {
    const note = await readNote(notePath)
    const extra = [...which, prefix]
    if (note && note.fingerprint === fingerprint(note.inputs, extra)) {
      const present = await Promise.all(
        Object.entries(note.digests).map(([name, digest]) =>
          client.resolveDigest({ registry, repository: repositoryOf(name as BaseImageName), digest }, { signal }).then(
            () => true,
            () => false,
          ),
        ),
      )
      if (present.every(Boolean)) {
        for (const line of note.missing) report(`base images lack ${line}`)
        return references(note.digests)
      }
    }
    const made = await recipes(which)
    for (const line of made.missing) report(`base images lack ${line}`)
    const known = new Map<string, Promise<Descriptor>>()
    const layerOf = (layer: LayerRecipe) => {
      // Layers are one object for all images that share them, or equal in content.
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
          repository: repositoryOf(name),
          report,
          signal,
        })
    }
    const inputs = inputsOf(made)
    await writeNote(notePath, { fingerprint: fingerprint(inputs, extra), inputs, digests, missing: made.missing })
    return references(digests)
  } finally {
    if (!options.client) client.close()
  }
}

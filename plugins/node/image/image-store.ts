/**
 * The images of this node: which names stand for which image, and the folders of its layers. Images are known by the digest of their
 * manifest. Kept in one small file, written whole and renamed.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ContainerConfig, formatReference, type ImageConfig, parseReference, withDefaultTag } from '@slipway/builders/image'
import { type ImageSource, imagesOfLayout } from './image-source.ts'
import { layerName, openLayerStore } from './layer-store.ts'

export interface StoredImage {
  /** Digest of the image's manifest. */
  digest: string
  configDigest: string
  /** Names in full, with tag or digest. */
  names: string[]
  config: ContainerConfig
  /** Names of layer folders, lowest first. */
  layers: string[]
  /** Bytes as fetched. */
  size: number
  /** Milliseconds since the epoch. */
  lastUsed: number
}

export interface ImageStore {
  /** By a name as in a pod, or undefined when it was never fetched. Counts as a use. */
  find(name: string): StoredImage | undefined
  /** Fetches what is missing of an image and gives it a name. */
  add(name: string, source: ImageSource): Promise<StoredImage>
  layerPaths(image: StoredImage): string[]
  all(): StoredImage[]
  /** Removes images (not those that `inUse` names by digest) and layers that no image has. @returns how many images */
  prune(choose: (image: StoredImage) => boolean, inUse: ReadonlySet<string>): Promise<number>
  /** Takes in all named images of an OCI layout. @returns their names */
  importLayout(dir: string): Promise<string[]>
}

/** `node:22` → `docker.io/library/node:22`, so that both spellings are one. @throws BuildFailure InvalidImageName */
export const fullName = (name: string): string => {
  const reference = withDefaultTag(parseReference(name))
  return formatReference(reference.digest ? { ...reference, tag: undefined } : reference)
}

export async function openImageStore(options: { dir: string; overlay: boolean; now: () => number }): Promise<ImageStore> {
  const { dir, overlay, now } = options
  await mkdir(dir, { recursive: true })
  const layers = await openLayerStore(join(dir, 'layers'), overlay)
  const file = join(dir, 'images.json')
  const images = new Map<string, StoredImage>()
  const byName = new Map<string, StoredImage>()
  const kept = await readFile(file, 'utf8').then(
    text => JSON.parse(text) as StoredImage[],
    () => [],
  )
  for (const image of kept) {
    // A layer folder may be gone if somebody tidied up by hand; then the image is fetched anew.
    if ((await Promise.all(image.layers.map(name => layers.has(name)))).includes(false)) continue
    images.set(image.digest, image)
    for (const name of image.names) byName.set(name, image)
  }
  let saving: Promise<void> = Promise.resolve()
  const save = () => {
    saving = saving
      .catch(() => {})
      .then(async () => {
        await writeFile(`${file}.new`, JSON.stringify([...images.values()]))
        await rename(`${file}.new`, file)
      })
    return saving
  }

  function name(image: StoredImage, called: string): void {
    const before = byName.get(called)
    if (before && before !== image) before.names = before.names.filter(n => n !== called)
    if (!image.names.includes(called)) image.names.push(called)
    byName.set(called, image)
  }

  const store: ImageStore = {
    find(called) {
      const image = byName.get(fullName(called))
      if (image) image.lastUsed = now()
      return image
    },
    async add(called, source) {
      const full = fullName(called)
      const { descriptor, manifest } = await source.image()
      let image = images.get(descriptor.digest)
      if (!image) {
        const { config = {} } = JSON.parse((await source.bytes(manifest.config)).toString('utf8')) as ImageConfig
        await Promise.all(manifest.layers.map(layer => layers.ensure(layer, () => source.blob(layer))))
        image = {
          digest: descriptor.digest,
          configDigest: manifest.config.digest,
          names: [],
          config,
          layers: manifest.layers.map(layerName),
          size: manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
          lastUsed: now(),
        }
        images.set(image.digest, image)
      }
      image.lastUsed = now()
      name(image, full)
      await save()
      return image
    },
    layerPaths: image => image.layers.map(layers.pathOf),
    all: () => [...images.values()],
    async prune(choose, inUse) {
      const doomed = [...images.values()].filter(image => !inUse.has(image.digest) && choose(image))
      for (const image of doomed) {
        images.delete(image.digest)
        for (const called of image.names) byName.delete(called)
      }
      if (doomed.length) await save()
      await layers.keepOnly(new Set([...images.values()].flatMap(image => image.layers)))
      return doomed.length
    },
    async importLayout(layout) {
      const added: string[] = []
      for (const { names, source } of await imagesOfLayout(layout))
        for (const called of names) {
          await store.add(called, source)
          added.push(called)
        }
      return added
    },
  }
  await rm(`${file}.new`, { force: true })
  return store
}

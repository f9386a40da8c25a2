/** Unpacked layers, one folder each, named by digest. A folder under its final name is whole: it was renamed when all was in it. */
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Worker } from 'node:worker_threads'
import { type Descriptor, hexOf, layerCompression } from '@slipway/builders/image'
import { applyOverlayMarks } from './overlay-marks.ts'
import { type Compression, type LayerMarks, UnpackError, unpackLayer } from './unpack-layer.ts'

/** From this size on, bytes as fetched, a layer is unpacked in a thread of its own. */
const bigLayer = 4 << 20

export interface LayerStore {
  /** The folder of a layer; unpacked first if it is not there. Calls for the same layer share the work. */
  ensure(descriptor: Descriptor, fetch: () => Promise<Readable>): Promise<string>
  has(name: string): Promise<boolean>
  pathOf(name: string): string
  /** Removes all layers but these. Returns their names. */
  keepOnly(names: ReadonlySet<string>): Promise<string[]>
}

export const layerName = ({ digest }: Pick<Descriptor, 'digest'>): string => hexOf(digest).slice(0, 20)

const unpackInThread = (file: string, compression: Compression, root: string) =>
  new Promise<LayerMarks>((resolve, reject) => {
    const worker = new Worker(new URL('./unpack-worker.ts', import.meta.url), { workerData: { file, compression, root } })
    worker.once('message', resolve)
    worker.once('error', error => reject(new UnpackError((error as Error).message)))
    worker.once('exit', code => reject(new UnpackError(`the unpacking thread ended with ${code}`)))
  })

/** Marks are kept beside the layer, for where layers are copied instead of overlaid. */
export const marksFile = (layer: string) => `${layer}.marks.json`
export const readMarks = (layer: string): Promise<LayerMarks> =>
  readFile(marksFile(layer), 'utf8').then(JSON.parse, () => ({ whiteouts: [], opaque: [] }))

/** @param overlay whether overlayfs works here, so that whiteouts can be written in its form */
export async function openLayerStore(dir: string, overlay: boolean): Promise<LayerStore> {
  const scratch = join(dir, 'tmp')
  // What is here was being unpacked when the process ended.
  await rm(scratch, { recursive: true, force: true })
  await mkdir(scratch, { recursive: true })
  const running = new Map<string, Promise<string>>()
  const pathOf = (name: string) => join(dir, name)
  const has = (name: string) =>
    stat(pathOf(name)).then(
      s => s.isDirectory(),
      () => false,
    )

  async function unpack(descriptor: Descriptor, fetch: () => Promise<Readable>): Promise<string> {
    const final = pathOf(layerName(descriptor))
    if (await has(layerName(descriptor))) return final
    const compression = layerCompression(descriptor.mediaType)
    if (!compression)
      throw new UnpackError(`layer ${descriptor.digest} is of type ${descriptor.mediaType}, which is no file system layer`)
    const work = await mkdtemp(join(scratch, 'layer-'))
    try {
      const root = join(work, 'root')
      await mkdir(root, { mode: 0o755 })
      const file = join(work, 'blob')
      let marks: LayerMarks
      if (descriptor.size < bigLayer) marks = await unpackLayer(await fetch(), compression, root)
      else {
        await pipeline(await fetch(), createWriteStream(file, { highWaterMark: 1 << 20 }))
        marks = await unpackInThread(file, compression, root)
      }
      if (overlay) await applyOverlayMarks(root, marks, work)
      else if (marks.whiteouts.length + marks.opaque.length) await writeFile(marksFile(final), JSON.stringify(marks))
      await rename(root, final)
      return final
    } finally {
      await rm(work, { recursive: true, force: true })
    }
  }

  return {
    ensure(descriptor, fetch) {
      const name = layerName(descriptor)
      let task = running.get(name)
      if (!task) {
        task = unpack(descriptor, fetch).finally(() => running.delete(name))
        running.set(name, task)
      }
      return task
    },
    has,
    pathOf,
    async keepOnly(names) {
      const present = (await readdir(dir)).filter(name => /^[0-9a-f]{20}$/.test(name))
      const unused = present.filter(name => !names.has(name) && !running.has(name))
      for (const name of unused) {
        // Renamed first: a folder under its name is always whole.
        const doomed = join(scratch, `gone-${name}`)
        await rename(pathOf(name), doomed)
        await rm(doomed, { recursive: true, force: true })
        await rm(marksFile(pathOf(name)), { force: true })
      }
      return unused
    },
  }
}

/** Gets layers: from this machine's cache, from the registry's, or by making them. */
import { Readable } from 'node:stream'
import type { Digest } from '../image/digest.ts'
import type { Descriptor } from '../image/manifest.ts'
import type { ImageSink } from '../image/transfer.ts'
import { appFolder } from './image-config.ts'
import { type Compression, createLayerCache } from './layer-cache.ts'
import { packTree } from './layer-tar.ts'
import type { RemoteLayers } from './registry-layers.ts'
import type { TreeEntry } from './source-tree.ts'

export interface PackedTree {
  entries: readonly TreeEntry[]
  /** Default the application's folder. */
  prefix?: string
  /** Run once the entries were read. */
  dispose?: () => Promise<void>
}

export interface LayerSpec {
  /** For progress: `source`. */
  name: string
  /** One line for people, in the image's history. */
  createdBy: string
  /** Hash of all that the content depends on. */
  key: string
  /** Worth to be remembered in the registry. */
  costly?: boolean
  pack(): Promise<PackedTree>
}

export interface NamedLayer {
  readonly spec: LayerSpec
  readonly descriptor: Descriptor
  readonly diffId: Digest
  readonly open: () => AsyncIterable<Uint8Array>
  readonly origin: 'made' | 'cached' | 'remembered by the registry'
}

export interface LayerMaker {
  make(spec: LayerSpec): Promise<NamedLayer>
  push(layer: NamedLayer, sink: ImageSink): Promise<void>
}

export interface MakerOptions {
  cache: string
  compression: Compression
  remote?: RemoteLayers
  report: (line: string) => void
  signal?: AbortSignal
}

const bytesOf = (n: number) =>
  n < 10_000 ? `${n} B` : n < 10_000_000 ? `${Math.round(n / 1000)} kB` : `${Math.round(n / 1e6)} MB`

export function createLayerMaker({ cache, compression, remote, report, signal }: MakerOptions): LayerMaker {
  const local = createLayerCache(cache)

  async function pack(spec: LayerSpec): Promise<Omit<NamedLayer, 'spec'>> {
    let dispose = async () => {}
    try {
      const { cached, ...layer } = await local.layer(spec.key, compression, () =>
        lazily(async () => {
          const packed = await spec.pack()
          dispose = packed.dispose ?? dispose
          return packTree(packed.entries, { prefix: packed.prefix ?? appFolder.slice(1) })
        }),
      )
      return { ...layer, origin: cached ? 'cached' : 'made' }
    } finally {
      await dispose()
    }
  }

  async function remembered({ key, costly }: LayerSpec): Promise<Omit<NamedLayer, 'spec'> | undefined> {
    if (!costly || !remote || (await local.has(key, compression))) return undefined
    const found = await remote.find(key, compression, signal)
    return found && { ...found, open: () => remote.open(found), origin: 'remembered by the registry' }
  }

  return {
    async make(spec) {
      const began = performance.now()
      const layer = (await remembered(spec)) ?? (await pack(spec))
      const took = layer.origin === 'made' ? `made in ${Math.round(performance.now() - began)} ms` : layer.origin
      report(`layer ${spec.name}: ${bytesOf(layer.descriptor.size)}, ${took}`)
      return { ...layer, spec }
    },
    async push({ spec, descriptor, diffId, open, origin }, sink) {
      const outcome = await sink.pushBlob(descriptor, open, { signal })
      report(`push ${spec.name}: ${outcome === 'exists' ? 'already there' : outcome}`)
      if (spec.costly && origin === 'made') await remote?.save(spec.key, compression, { descriptor, diffId }, signal)
    },
  }
}

/** A stream whose making takes a promise; made only when it is read. */
function lazily(make: () => Promise<Readable>): Readable {
  return Readable.from(
    (async function* () {
      yield* await make()
    })(),
    { objectMode: false },
  )
}

/**
 * The layers builder: a source tree becomes an image without a daemon, a Dockerfile or privileges (as ko and Jib do for Go and Java). The
 * base's layers, one of dependencies, one of the application; the same input gives the same digest, and what a registry has is not sent.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { BuildFailure, codeOf } from '../failure/index.ts'
import type { Digest } from '../image/digest.ts'
import { readBody } from '../image/http.ts'
import {
  type Descriptor,
  type ImageConfig,
  imageIndex,
  imageManifest,
  isIndex,
  type Manifest,
  stored,
} from '../image/manifest.ts'
import { layerCompression, mediaType } from '../image/media-type.ts'
import { choosePlatform, hostPlatform, normalizePlatform, type Platform, platformName } from '../image/platform.ts'
import { copyBlob, type ImageSink, type ImageSource } from '../image/transfer.ts'
import { type AppPlan, type DecisiveTexts, decisiveFiles, planApp } from './app-plan.ts'
import { dependenciesKey, installDependencies, needsSource } from './dependencies-layer.ts'
import { appConfig, appFolder, type ImageMetadata, staticServerPath } from './image-config.ts'
import { type Compression, createLayerCache, type Layer } from './layer-cache.ts'
import { packTree } from './layer-tar.ts'
import { readIgnore, readTree, type TreeEntry } from './source-tree.ts'
import { hashTree } from './tree-hash.ts'

export interface LayersOptions {
  source: string
  base: ImageSource
  sink: ImageSink
  /** A folder for layers and npm's downloads, kept between builds. */
  cache: string
  /** Default gzip. */
  compression?: Compression
  /** Default: this machine's; `all` for all that the base offers, as an index. */
  platforms?: readonly Platform[] | 'all'
  metadata: ImageMetadata
  /** Progress, a line at a time. */
  report?: (line: string) => void
  signal?: AbortSignal
}

type NamedLayer = Layer & { cached: boolean; name: string; createdBy: string }

const configLimit = 4 << 20
/** Part of every key: a change of how layers are packed makes new ones. */
const packing = `layer 1 ${appFolder}`

async function readTexts(source: string, entries: readonly TreeEntry[]): Promise<DecisiveTexts> {
  const texts: DecisiveTexts = {}
  const present = new Set(entries.map(e => e.path))
  for (const name of decisiveFiles) {
    // .npmrc tells npm how to log in: it is used although it never becomes part of the image.
    if (!present.has(name) && name !== '.npmrc') continue
    try {
      texts[name] = await readFile(join(source, name), 'utf8')
    } catch (error) {
      if (!['ENOENT', 'EISDIR'].includes(codeOf(error) ?? '')) throw error
    }
  }
  return texts
}

const bytesOf = (n: number) =>
  n < 10_000 ? `${n} B` : n < 10_000_000 ? `${Math.round(n / 1000)} kB` : `${Math.round(n / 1e6)} MB`
const prefixOf = appFolder.slice(1)

export async function buildImage(options: LayersOptions): Promise<{ digest: Digest; plan: AppPlan }> {
  const { source, base, sink, cache, compression = 'gzip', metadata, report = () => {}, signal } = options
  const layers = createLayerCache(join(cache, 'layers'))
  const baseManifest = base.manifest(undefined, { signal })
  baseManifest.catch(() => {})

  const ignore = await readIgnore(source)
  const entries = (await readTree(source, ignore)).filter(e => e.path !== '.npmrc' && e.path !== '.dockerignore')
  const texts = await readTexts(source, entries)
  const plan = planApp(entries, texts)
  report(
    `plan: ${plan.kind} application of ${plan.source.length} entries, dependencies: ${plan.dependencies}${plan.start ? `, start: ${plan.start.entrypoint.join(' ')}` : ''}`,
  )

  async function make(name: string, createdBy: string, key: string, pack: () => Promise<AsyncPack>): Promise<NamedLayer> {
    const began = performance.now()
    let dispose = async () => {}
    try {
      const layer = await layers.layer(key, compression, () =>
        lazily(async () => {
          const packed = await pack()
          dispose = packed.dispose ?? dispose
          return packTree(packed.entries, { prefix: packed.prefix ?? prefixOf })
        }),
      )
      report(
        `layer ${name}: ${bytesOf(layer.descriptor.size)}, ${layer.cached ? 'cached' : `made in ${Math.round(performance.now() - began)} ms`}`,
      )
      return { ...layer, name, createdBy }
    } finally {
      await dispose()
    }
  }

  const sourceHash = hashTree(plan.source, packing)
  sourceHash.catch(() => {})
  const appLayer = sourceHash.then(hash =>
    make('source', `slipway layers: COPY source ${appFolder}`, hash, async () => ({ entries: plan.source })),
  )
  appLayer.catch(() => {})

  async function dependencyLayer(platform: Platform): Promise<NamedLayer[]> {
    const createdBy = 'slipway layers: node_modules'
    if (plan.dependencies === 'vendored')
      return [
        await make('node_modules', createdBy, await hashTree(plan.vendored, packing), async () => ({ entries: plan.vendored })),
      ]
    if (plan.dependencies === 'none') return []
    const key = dependenciesKey(texts, platform, needsSource(texts) ? await sourceHash : '')
    return [
      await make('node_modules', createdBy, key, () =>
        installDependencies({ texts, source: plan.source, folder: source, cache, platform, report, signal }),
      ),
    ]
  }

  async function staticServer(): Promise<NamedLayer[]> {
    if (plan.kind !== 'static') return []
    const slash = staticServerPath.lastIndexOf('/')
    const folder = join(import.meta.dirname, 'static-server')
    const inside = (await readTree(folder)).filter(e => staticServerPath.endsWith(`/${e.path}`))
    const key = await hashTree(inside, 'static server 1')
    return [
      await make('static server', 'slipway layers: server of static files', key, async () => ({
        entries: inside,
        prefix: staticServerPath.slice(1, slash),
      })),
    ]
  }

  async function baseFor(platform: Platform): Promise<{ manifest: Manifest; config: ImageConfig }> {
    let found = await baseManifest
    if (isIndex(found.manifest))
      found = await base.manifest(choosePlatform(found.manifest, platform, base.name).digest, { signal })
    const manifest = found.manifest as Manifest
    const bytes = await readBody(await base.blob(manifest.config, { signal }), configLimit, 'the config of the base image')
    return { manifest, config: JSON.parse(bytes.toString('utf8')) as ImageConfig }
  }

  const pushLayer = async (layer: NamedLayer) => {
    const outcome = await sink.pushBlob(layer.descriptor, layer.open, { signal })
    report(`push ${layer.name}: ${outcome === 'exists' ? 'already there' : outcome}`)
  }

  async function buildFor(platform: Platform, top: boolean): Promise<Descriptor> {
    const [from, ...groups] = await Promise.all([
      baseFor(platform).then(async found => {
        await Promise.all(found.manifest.layers.map(layer => copyBlob(base, sink, layer, { signal })))
        return found
      }),
      dependencyLayer(platform),
      staticServer(),
      appLayer.then(layer => [layer]),
    ])
    const added = groups.flat()
    const pushed = Promise.all(added.map(pushLayer))
    pushed.catch(() => {})
    const config = stored(appConfig(from.config, plan, added, metadata), mediaType.config)
    const baseLayers = from.manifest.layers.map(({ mediaType: type, digest, size }) => ({
      mediaType: ociType(type),
      digest,
      size,
    }))
    const manifest = imageManifest(config.descriptor, [...baseLayers, ...added.map(l => l.descriptor)])
    await sink.pushBlob(
      config.descriptor,
      async function* () {
        yield config.bytes
      },
      { signal },
    )
    await pushed
    await sink.pushManifest(manifest.bytes, mediaType.manifest, top, { signal })
    return { ...manifest.descriptor, platform: platformOf(from.config) }
  }

  const { manifest: top } = await baseManifest
  if (options.platforms === undefined || !isIndex(top) || (options.platforms !== 'all' && options.platforms.length === 1)) {
    const [only = hostPlatform()] = options.platforms === 'all' || !options.platforms ? [] : options.platforms
    const { digest } = await buildFor(only, true)
    return { digest, plan }
  }
  const wanted =
    options.platforms === 'all'
      ? top.manifests.flatMap(m => (m.platform && m.platform.os !== 'unknown' ? [m.platform] : []))
      : options.platforms
  if (!wanted.length) throw new BuildFailure('NoMatchingPlatform', `the base ${base.name} is an index that names no platforms`)
  const images: Descriptor[] = []
  // One after the other: npm and the disk are busy enough with one.
  for (const platform of wanted) {
    report(`platform ${platformName(platform)}`)
    images.push(await buildFor(platform, false))
  }
  const index = imageIndex(images)
  await sink.pushManifest(index.bytes, mediaType.index, true, { signal })
  return { digest: index.descriptor.digest, plan }
}

interface AsyncPack {
  entries: readonly TreeEntry[]
  prefix?: string
  dispose?: () => Promise<void>
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

/** OCI's name of a Docker layer type; the bytes are the same. */
const ociType = (type: string): string => {
  const compression = layerCompression(type)
  if (!compression) return type
  return { none: mediaType.layer, gzip: mediaType.layerGzip, zstd: mediaType.layerZstd }[compression]
}

const platformOf = ({ os, architecture, variant }: ImageConfig) =>
  normalizePlatform({ os, architecture, ...(variant && { variant }) })

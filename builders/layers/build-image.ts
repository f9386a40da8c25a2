/**
 * The layers builder: a source tree becomes an image without a daemon, a Dockerfile or privileges (as ko and Jib do for Go and Java). The
 * base's layers, one of dependencies, one of the application; the same input gives the same digest, and what a registry has is not sent.
 */
import { join } from 'node:path'
import { BuildFailure } from '../failure/index.ts'
import type { Digest } from '../image/digest.ts'
import { readBody } from '../image/http.ts'
import {
  type Descriptor,
  type ImageConfig,
  type Index,
  imageIndex,
  imageManifest,
  isIndex,
  type Manifest,
  stored,
} from '../image/manifest.ts'
import { layerCompression, mediaType } from '../image/media-type.ts'
import { choosePlatform, hostPlatform, normalizePlatform, type Platform, platformName } from '../image/platform.ts'
import { copyBlob, type ImageSink, type ImageSource } from '../image/transfer.ts'
import { type AppLayers, appLayers } from './app-layers.ts'
import type { AppPlan } from './app-plan.ts'
import { appConfig, type ImageMetadata } from './image-config.ts'
import type { Compression } from './layer-cache.ts'
import { createLayerMaker, type LayerMaker } from './layer-maker.ts'
import { prepareSource } from './prepared-source.ts'
import type { RemoteLayers } from './registry-layers.ts'

export interface LayersOptions {
  source: string
  base: ImageSource
  sink: ImageSink
  /** A folder for layers and npm's downloads, kept between builds where it can be. */
  cache: string
  /** Where costly layers are remembered beyond this machine. */
  remote?: RemoteLayers
  /** Default gzip. */
  compression?: Compression
  /** Default: this machine's; `all` for all that the base offers, as an index. */
  platforms?: readonly Platform[] | 'all'
  metadata: ImageMetadata
  /** Progress, a line at a time. */
  report?: (line: string) => void
  signal?: AbortSignal
}

const configLimit = 4 << 20

/** OCI's name of a Docker layer type; the bytes are the same. */
function ociType(type: string): string {
  const compression = layerCompression(type)
  return compression ? { none: mediaType.layer, gzip: mediaType.layerGzip, zstd: mediaType.layerZstd }[compression] : type
}
const platformOf = ({ os, architecture, variant }: ImageConfig) =>
  normalizePlatform({ os, architecture, ...(variant && { variant }) })

type Top = Awaited<ReturnType<ImageSource['manifest']>>

/** The base's image for a platform, its layers on their way to the sink. */
async function takeBase(
  top: Top,
  platform: Platform,
  { base, sink, signal }: LayersOptions,
): Promise<{ manifest: Manifest; config: ImageConfig }> {
  const found = isIndex(top.manifest)
    ? await base.manifest(choosePlatform(top.manifest, platform, base.name).digest, { signal })
    : top
  const manifest = found.manifest as Manifest
  const [bytes] = await Promise.all([
    base.blob(manifest.config, { signal }).then(body => readBody(body, configLimit, 'the config of the base image')),
    ...manifest.layers.map(layer => copyBlob(base, sink, layer, { signal })),
  ])
  return { manifest, config: JSON.parse(bytes.toString('utf8')) as ImageConfig }
}

interface Work {
  top: Top
  plan: AppPlan
  layers: AppLayers
  maker: LayerMaker
}

async function buildFor(
  platform: Platform,
  asTop: boolean,
  { top, plan, layers, maker }: Work,
  options: LayersOptions,
): Promise<Descriptor> {
  const { sink, metadata, signal } = options
  const [from, added] = await Promise.all([takeBase(top, platform, options), layers.for(platform)])
  const config = stored(
    appConfig(
      from.config,
      plan,
      added.map(l => ({ diffId: l.diffId, createdBy: l.spec.createdBy })),
      metadata,
    ),
    mediaType.config,
  )
  const baseLayers = from.manifest.layers.map(({ mediaType: type, digest, size }) => ({ mediaType: ociType(type), digest, size }))
  const manifest = imageManifest(config.descriptor, [...baseLayers, ...added.map(l => l.descriptor)])
  const pushConfig = sink.pushBlob(
    config.descriptor,
    async function* () {
      yield config.bytes
    },
    { signal },
  )
  await Promise.all([pushConfig, ...added.map(layer => maker.push(layer, sink))])
  await sink.pushManifest(manifest.bytes, mediaType.manifest, asTop, { signal })
  return { ...manifest.descriptor, platform: platformOf(from.config) }
}

/** @returns one platform for a single image, several for an index */
function wantedPlatforms(platforms: LayersOptions['platforms'], top: Manifest | Index, base: string): readonly Platform[] {
  if (platforms !== 'all') return platforms?.length ? platforms : [hostPlatform()]
  if (!isIndex(top)) return [hostPlatform()]
  const offered = top.manifests.flatMap(m => (m.platform && m.platform.os !== 'unknown' ? [m.platform] : []))
  if (offered.length) return offered
  throw new BuildFailure('NoMatchingPlatform', `the base ${base} is an index that names no platforms`)
}

/** @throws BuildFailure that says what is wrong with the source, the base or the registry */
export async function buildImage(options: LayersOptions): Promise<{ digest: Digest; plan: AppPlan }> {
  const { source, base, sink, cache, compression = 'gzip', remote, report = () => {}, signal } = options
  const fetched = base.manifest(undefined, { signal })
  fetched.catch(() => {})
  const prepared = await prepareSource(source)
  const { plan } = prepared
  const start = plan.start ? `, start: ${plan.start.entrypoint.join(' ')}` : ''
  report(`plan: ${plan.kind} application of ${plan.source.length} entries, dependencies: ${plan.dependencies}${start}`)

  const maker = createLayerMaker({ cache: join(cache, 'layers'), compression, remote, report, signal })
  const layers = appLayers(prepared, { maker, cache, report, signal })
  const work: Work = { top: await fetched, plan, layers, maker }
  const platforms = wantedPlatforms(options.platforms, work.top.manifest, base.name)
  if (platforms.length === 1) return { digest: (await buildFor(platforms[0]!, true, work, options)).digest, plan }
  const images: Descriptor[] = []
  // One after the other: npm and the disk are busy enough with one.
  for (const platform of platforms) {
    report(`platform ${platformName(platform)}`)
    images.push(await buildFor(platform, false, work, options))
  }
  const index = imageIndex(images)
  await sink.pushManifest(index.bytes, mediaType.index, true, { signal })
  return { digest: index.descriptor.digest, plan }
}

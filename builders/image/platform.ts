/** Platforms, normalised and matched as containerd does (platforms/database.go and compare.go), for choosing from an index. */
import { arch } from 'node:os'
import { BuildFailure } from '../failure/index.ts'
import type { Descriptor, Index } from './manifest.ts'

export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
  readonly 'os.version'?: string
}

const architectures: Record<string, [string, string?]> = {
  x86_64: ['amd64'],
  'x86-64': ['amd64'],
  x64: ['amd64'],
  i386: ['386'],
  ia32: ['386'],
  aarch64: ['arm64'],
  armhf: ['arm', 'v7'],
  armel: ['arm', 'v6'],
}

/** One spelling for each platform: `x86_64` is `amd64`; arm64's v8 and amd64's v1 are said by nothing; a bare arm is v7. */
export function normalizePlatform({ os, architecture, variant, ...rest }: Platform): Platform {
  const [name, implied] = architectures[architecture.toLowerCase()] ?? [architecture.toLowerCase()]
  let v = variant?.toLowerCase() ?? implied
  if (v && /^\d/.test(v)) v = `v${v}`
  if (name === 'arm64' && v === 'v8') v = undefined
  if (name === 'amd64' && v === 'v1') v = undefined
  if (name === 'arm' && !v) v = 'v7'
  return { os: os.toLowerCase(), architecture: name, ...(v && { variant: v }), ...rest }
}

/** This machine's, as far as images go: containers run Linux. */
export const hostPlatform = (): Platform => normalizePlatform({ os: 'linux', architecture: arch() })

/** `linux/arm64` or `linux/arm/v7`. */
export const platformName = ({ os, architecture, variant }: Platform): string =>
  [os, architecture, ...(variant ? [variant] : [])].join('/')

/** @throws BuildFailure InvalidPlatform */
export function parsePlatform(text: string): Platform {
  const [os, architecture, variant, ...more] = text.split('/')
  if (!os || !architecture || more.length || !/^[\w/.-]+$/.test(text))
    throw new BuildFailure(
      'InvalidPlatform',
      `platform ${JSON.stringify(text)} is not of the form os/architecture[/variant], such as linux/amd64`,
    )
  return normalizePlatform({ os, architecture, ...(variant && { variant }) })
}

/** How well an offered platform serves: undefined for not at all, else smaller is better. */
export function platformDistance(wanted: Platform, offered: Platform): number | undefined {
  const want = normalizePlatform(wanted)
  const have = normalizePlatform(offered)
  if (want.os !== have.os || want.architecture !== have.architecture) return undefined
  const level = (variant?: string) => Number(/^v(\d+)/.exec(variant ?? '')?.[1] ?? 0)
  const base = { amd64: 1, arm64: 8 }[want.architecture] ?? 0
  const distance = (level(want.variant) || base) - (level(have.variant) || base)
  // An older variant runs on a newer processor, never the other way round.
  return distance < 0 ? undefined : distance
}

/**
 * The manifest of an index for a platform.
 * @throws BuildFailure NoMatchingPlatform, naming what there is
 */
export function choosePlatform(index: Index, wanted: Platform, what: string): Descriptor {
  let best: { descriptor: Descriptor; distance: number } | undefined
  for (const descriptor of index.manifests) {
    const distance = descriptor.platform && platformDistance(wanted, descriptor.platform)
    if (distance !== undefined && (!best || distance < best.distance)) best = { descriptor, distance }
  }
  if (best) return best.descriptor
  // An index of one image that does not say for what it is can mean only that one.
  if (index.manifests.length === 1 && !index.manifests[0]!.platform) return index.manifests[0]!
  const offered = index.manifests.flatMap(m => (m.platform && m.platform.os !== 'unknown' ? [platformName(m.platform)] : []))
  throw new BuildFailure(
    'NoMatchingPlatform',
    `${what} has no image for ${platformName(wanted)}; it offers ${offered.join(', ') || 'none that says its platform'}`,
  )
}

import { expect } from 'chai'
import type { Index } from './manifest.ts'
import { choosePlatform, parsePlatform, platformDistance, platformName } from './platform.ts'

describe('platforms', () => {
  const spelled = [
    ['linux/x86_64', 'linux/amd64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/arm', 'linux/arm/v7'],
    ['Linux/ARM/6', 'linux/arm/v6'],
    ['linux/amd64/v1', 'linux/amd64'],
  ] as const
  for (const [text, want] of spelled)
    it(`spells ${text} as ${want}`, () => expect(platformName(parsePlatform(text))).to.equal(want))

  for (const text of ['linux', 'linux/', '/amd64', 'a/b/c/d', 'linux/amd 64'])
    it(`refuses ${text}`, () => expect(() => parsePlatform(text)).to.throw(/os\/architecture/))

  const fits = [
    ['linux/arm/v7', 'linux/arm/v7', 0],
    ['linux/arm/v7', 'linux/arm/v6', 1],
    ['linux/arm/v6', 'linux/arm/v7', undefined],
    ['linux/amd64', 'linux/amd64/v3', undefined],
    ['linux/amd64/v3', 'linux/amd64', 2],
    ['linux/amd64', 'windows/amd64', undefined],
  ] as const
  for (const [want, have, distance] of fits)
    it(`${have} on ${want}: ${distance ?? 'no'}`, () =>
      expect(platformDistance(parsePlatform(want), parsePlatform(have))).to.equal(distance))

  const entry = (platform: string | undefined, n: number) => ({
    mediaType: 'm',
    size: 1,
    digest: `sha256:${String(n).repeat(64)}` as const,
    ...(platform && { platform: parsePlatform(platform) }),
  })
  const index = (...platforms: (string | undefined)[]): Index => ({ schemaVersion: 2, manifests: platforms.map(entry) })

  it('chooses the nearest, past attestations', () =>
    expect(
      choosePlatform(index('unknown/unknown', 'linux/arm/v6', 'linux/arm/v7'), parsePlatform('linux/arm'), 'x').digest,
    ).to.match(/:2/))
  it('takes the only image of an index without platforms', () =>
    expect(choosePlatform(index(undefined), parsePlatform('linux/amd64'), 'x').digest).to.match(/:0/))
  it('names what there is when nothing fits', () =>
    expect(() => choosePlatform(index('linux/arm64', 'unknown/unknown'), parsePlatform('linux/amd64'), 'app:1')).to.throw(
      'app:1 has no image for linux/amd64; it offers linux/arm64',
    ))
})

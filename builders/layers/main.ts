/** The layers builder as a build step: `node builders/layers/main.ts --source=/workspace --image=registry.localhost:5000/demo/hello`. */

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BuildFailure } from '../failure/index.ts'
import { openLayout } from '../image/layout.ts'
import { parsePlatform } from '../image/platform.ts'
import { formatReference, parseReference, withDefaultTag } from '../image/reference.ts'
import { createRegistryClient, type RegistryClient } from '../image/registry-client.ts'
import { fromLayout, fromRegistry, toLayout, toRegistry } from '../image/transfer.ts'
import { type Flags, runStep, writeResult } from '../step/step.ts'
import { buildImage, type LayersOptions } from './build-image.ts'
import { type CommitInfo, commitInfo } from './commit-info.ts'
import type { Compression } from './layer-cache.ts'
import { registryLayers } from './registry-layers.ts'

const usage = `Turns a source tree into an image, without Docker: base + dependencies + source, each a reproducible layer.

  --source=DIR        what to build; default the working directory
  --image=NAME[:TAG]  where to push; or oci:DIR for an OCI layout
  --base=IMAGE        the base image; or oci:DIR
  --cache=DIR         kept between builds; default a folder for temporary files
  --platform=P        linux/amd64, a list, or all; default this machine's
  --compression=C     gzip (default), zstd or none
  --env=NAME=VALUE    set in the image; may be repeated
  --label=NAME=VALUE  may be repeated
  --user=UID[:GID]    who the application runs as; default the base's
  --port=N            what PORT is unless the platform sets it; default 8080
  --revision, --source-url, --created
                      the commit, its repository and its time (seconds or RFC 3339); default what git says
  --insecure=HOST     a registry that speaks plain HTTP; may be repeated
  --result=FILE       the digest is written to it`

const pairs = (flags: Flags, name: string): Record<string, string> =>
  Object.fromEntries(
    flags.all(name).map(each => {
      const equals = each.indexOf('=')
      if (equals <= 0) throw new BuildFailure('InvalidFlags', `--${name}=${each} is not of the form NAME=VALUE`)
      return [each.slice(0, equals), each.slice(equals + 1)]
    }),
  )

function compressionOf(flags: Flags): Compression {
  const text = flags.get('compression') ?? 'gzip'
  if (text !== 'gzip' && text !== 'zstd' && text !== 'none')
    throw new BuildFailure('InvalidFlags', `--compression=${text} is none of gzip, zstd, none`)
  return text
}

function createdOf(text: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : Date.parse(text) / 1000
  if (!Number.isFinite(seconds))
    throw new BuildFailure(
      'InvalidFlags',
      `--created=${text} is neither seconds since 1970 nor a date such as 2026-01-31T12:00:00Z`,
    )
  return Math.floor(seconds)
}

function portOf(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new BuildFailure('InvalidFlags', `--port=${text} is not a port`)
  return port
}

const noCommit: CommitInfo = {}

const baseOf = async (name: string, client: RegistryClient) =>
  name.startsWith('oci:')
    ? fromLayout(await openLayout(name.slice(4)))
    : fromRegistry(client, withDefaultTag(parseReference(name)))

const platformsOf = (text: string | undefined): LayersOptions['platforms'] =>
  text === undefined ? undefined : text === 'all' ? 'all' : text.split(',').map(parsePlatform)

await runStep({
  usage,
  options: {
    source: { type: 'string' },
    image: { type: 'string' },
    base: { type: 'string' },
    cache: { type: 'string' },
    platform: { type: 'string' },
    compression: { type: 'string' },
    env: { type: 'string', multiple: true },
    label: { type: 'string', multiple: true },
    user: { type: 'string' },
    port: { type: 'string' },
    revision: { type: 'string' },
    'source-url': { type: 'string' },
    created: { type: 'string' },
    insecure: { type: 'string', multiple: true },
    result: { type: 'string' },
  },
  async run(flags, signal) {
    const source = flags.get('source') ?? process.cwd()
    const image = flags.need('image')
    const baseName = flags.get('base') ?? process.env.SLIPWAY_BASE_IMAGE
    if (!baseName) throw new BuildFailure('InvalidFlags', '--base is missing: the image to build on')
    const client = createRegistryClient({ insecure: flags.all('insecure') })
    const target = image.startsWith('oci:') ? undefined : withDefaultTag(parseReference(image))
    if (target?.digest) throw new BuildFailure('InvalidFlags', `--image=${image} has a digest; give a name to push to`)
    const [base, sink, git] = await Promise.all([
      baseOf(baseName, client),
      target ? toRegistry(client, target) : openLayout(image.slice(4), { create: true }).then(layout => toLayout(layout)),
      flags.get('revision') && flags.get('created') ? noCommit : commitInfo(source),
    ])
    const created = flags.get('created') ?? process.env.SOURCE_DATE_EPOCH
    const { digest } = await buildImage({
      source,
      base,
      sink,
      cache: flags.get('cache') ?? join(tmpdir(), 'slipway-layers'),
      compression: compressionOf(flags),
      ...(target && { remote: registryLayers(client, target) }),
      platforms: platformsOf(flags.get('platform')),
      metadata: {
        created: created !== undefined ? createdOf(created) : (git.created ?? 0),
        revision: flags.get('revision') ?? git.revision,
        source: flags.get('source-url') ?? git.source,
        port: portOf(flags.get('port') ?? '8080'),
        user: flags.get('user'),
        env: pairs(flags, 'env'),
        labels: pairs(flags, 'label'),
      },
      report: line => process.stdout.write(`${line}\n`),
      signal,
    })
    client.close()
    const result = flags.get('result')
    if (result) await writeResult(result, digest)
    const name = target ? `${target.registry}/${target.repository}` : image
    process.stdout.write(`image: ${target ? formatReference({ ...target, digest }) : `${image}@${digest}`}\n`)
    return { image: name, digest }
  },
})

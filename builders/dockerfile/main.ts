/** The Dockerfile step: `node builders/dockerfile/main.ts --context=/workspace --image=registry.localhost:5000/demo/hello`. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BuildFailure } from '../failure/index.ts'
import { formatReference, parseReference, withDefaultTag } from '../image/reference.ts'
import { commitInfo } from '../layers/commit-info.ts'
import { type Flags, runStep, writeResult } from '../step/step.ts'
import { buildDockerfile } from './build-dockerfile.ts'

const usage = `Builds a Dockerfile with buildah, without a daemon, and pushes the image.

  --image=NAME[:TAG]      where to push
  --context=DIR           default the working directory
  --dockerfile=FILE       relative to the context; default Dockerfile
  --build-arg=NAME=VALUE  may be repeated
  --label=NAME=VALUE      may be repeated
  --target=STAGE, --platform=OS/ARCH, --no-cache
  --storage=DIR           layers kept between builds; default a folder for temporary files
  --insecure=HOST         a registry that speaks plain HTTP; may be repeated
  --result=FILE           the digest is written to it`

const pairs = (flags: Flags, name: string): Record<string, string> =>
  Object.fromEntries(
    flags.all(name).map(each => {
      const equals = each.indexOf('=')
      if (equals <= 0) throw new BuildFailure('InvalidFlags', `--${name}=${each} is not of the form NAME=VALUE`)
      return [each.slice(0, equals), each.slice(equals + 1)]
    }),
  )

await runStep({
  usage,
  options: {
    image: { type: 'string' },
    context: { type: 'string' },
    dockerfile: { type: 'string' },
    'build-arg': { type: 'string', multiple: true },
    label: { type: 'string', multiple: true },
    target: { type: 'string' },
    platform: { type: 'string' },
    'no-cache': { type: 'boolean' },
    storage: { type: 'string' },
    insecure: { type: 'string', multiple: true },
    result: { type: 'string' },
  },
  async run(flags, signal) {
    const image = withDefaultTag(parseReference(flags.need('image')))
    if (image.digest) throw new BuildFailure('InvalidFlags', `--image=${flags.get('image')} has a digest; give a name to push to`)
    const context = flags.get('context') ?? process.cwd()
    const { revision, source } = await commitInfo(context)
    const storage = flags.get('storage') ?? join(tmpdir(), 'slipway-buildah')
    const { digest } = await buildDockerfile({
      context,
      image,
      dockerfile: flags.get('dockerfile'),
      arguments: pairs(flags, 'build-arg'),
      labels: {
        ...(revision && { 'org.opencontainers.image.revision': revision }),
        ...(source && { 'org.opencontainers.image.source': source }),
        ...pairs(flags, 'label'),
      },
      target: flags.get('target'),
      platform: flags.get('platform'),
      noCache: flags.has('no-cache'),
      storage,
      runRoot: join(storage, 'run'),
      insecure: flags.all('insecure'),
      report: line => process.stdout.write(`${line}\n`),
      signal,
    })
    const result = flags.get('result')
    if (result) await writeResult(result, digest)
    process.stdout.write(`image: ${formatReference({ ...image, digest })}\n`)
    return { image: `${image.registry}/${image.repository}`, digest }
  },
})

/** Makes the base images: `node builders/base/main.ts --registry=registry.localhost:5000 --cache=DIR`. */
import { BuildFailure } from '../failure/index.ts'
import { parseReference } from '../image/reference.ts'
import { createRegistryClient } from '../image/registry-client.ts'
import { runStep } from '../step/step.ts'
import { type BaseImageName, baseImageNames } from './image-name.ts'
import { makeBaseImages } from './make-base-images.ts'

const usage = `Makes base images from programs of this machine, and pushes them.

  --registry=HOST  where to
  --cache=DIR      where it is noted what was made
  --image=NAME     ${baseImageNames.join(', ')}; may be repeated; default all
  --prefix=PATH    below which name; default slipway`

const nameOf = (text: string): BaseImageName => {
  const name = baseImageNames.find(each => each === text)
  if (!name) throw new BuildFailure('InvalidFlags', `--image=${text} is none of ${baseImageNames.join(', ')}`)
  return name
}

await runStep({
  usage,
  options: {
    registry: { type: 'string' },
    cache: { type: 'string' },
    image: { type: 'string', multiple: true },
    prefix: { type: 'string' },
  },
  async run(flags, signal) {
    const which = flags.all('image').map(nameOf)
    // Refuses a malformed host before anything is made.
    const { registry } = parseReference(`${flags.need('registry')}/x`)
    const client = createRegistryClient()
    await makeBaseImages({
      client,
      registry,
      cacheDir: flags.need('cache'),
      which: which.length ? which : baseImageNames,
      prefix: flags.get('prefix') ?? 'slipway',
      report: line => process.stdout.write(`${line}\n`),
      signal,
    })
    client.close()
    return undefined
  },
})

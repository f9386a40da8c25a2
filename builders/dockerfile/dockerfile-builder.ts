/** The Dockerfile builder behind the interface that all builders share. */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { Builder } from '../builder/builder.ts'
import { parseReference } from '../image/reference.ts'
import { buildDockerfile } from './build-dockerfile.ts'

export const dockerfileBuilder = ({ storage, report }: { storage: string; report?: (line: string) => void }): Builder => ({
  name: 'dockerfile',
  async refuses({ folder }) {
    const present = await access(join(folder, 'Dockerfile')).then(
      () => true,
      () => false,
    )
    return present ? undefined : 'it has no Dockerfile'
  },
  async build({ folder, image, tags = ['latest'], revision, url }, signal) {
    const name = parseReference(image)
    const labels = {
      ...(revision && { 'org.opencontainers.image.revision': revision }),
      ...(url && { 'org.opencontainers.image.source': url }),
    }
    const { digest } = await buildDockerfile({
      context: folder,
      image: { ...name, tag: tags[0] },
      labels,
      storage,
      runRoot: join(storage, 'run'),
      report,
      signal,
    })
    return { image: `${name.registry}/${name.repository}`, digest }
  },
})

/** Brings a pod's images here by its pull policy, with its pull secrets. One pull of a name at a time; others wait for it. */

import { isBuildFailure } from '@slipway/builders/failure'
import {
  type CredentialSource,
  createRegistryClient,
  credentialsFrom,
  type DockerConfig,
  hostPlatform,
  parseReference,
  withDefaultTag,
} from '@slipway/builders/image'
import { fromRegistry } from './image-source.ts'
import { fullName, type ImageStore, type StoredImage } from './image-store.ts'

export type PullPolicy = 'Always' | 'IfNotPresent' | 'Never'

/** kubelet's reasons: what shows in the container's waiting state. */
export class PullError extends Error {
  readonly reason: 'ErrImagePull' | 'ErrImageNeverPull' | 'InvalidImageName'
  constructor(reason: PullError['reason'], message: string) {
    super(message)
    this.name = 'PullError'
    this.reason = reason
  }
}

export interface Pull {
  name: string
  /** Default by the name's tag. */
  policy?: PullPolicy
  /** Of `kubernetes.io/dockerconfigjson` secrets, tried in order. */
  dockerConfigs: DockerConfig[]
  /** Called before anything is fetched. */
  onPulling?(): void
}
export interface Pulled {
  image: StoredImage
  /** False when it was here already. */
  fetched: boolean
  ms: number
}
export interface ImagePuller {
  pull(pull: Pull): Promise<Pulled>
  close(): void
}

/** Source: SetDefaults_Container: `Always` for the tag latest. */
export const defaultPolicy = (name: string): PullPolicy => {
  const { tag, digest } = withDefaultTag(parseReference(name))
  return !digest && tag === 'latest' ? 'Always' : 'IfNotPresent'
}

const credentialsOf = (configs: DockerConfig[]): CredentialSource => {
  const sources = configs.map(credentialsFrom)
  return async registry => {
    for (const source of sources) {
      const found = await source(registry)
      if (found) return found
    }
    return undefined
  }
}

export function imagePuller(options: { store: ImageStore; now: () => number }): ImagePuller {
  const { store, now } = options
  const anonymous = createRegistryClient({ credentials: async () => undefined })
  const running = new Map<string, Promise<StoredImage>>()
  const platform = hostPlatform()

  async function fetchImage(name: string, configs: DockerConfig[]): Promise<StoredImage> {
    const client = configs.length ? createRegistryClient({ credentials: credentialsOf(configs) }) : anonymous
    try {
      const reference = withDefaultTag(parseReference(name))
      const present = store.find(name)
      // `Always` asks what the name stands for now, and fetches only what differs.
      if (present && (await client.fetchImage(reference, platform)).descriptor.digest === present.digest) return present
      return await store.add(name, fromRegistry(client, reference))
    } finally {
      if (client !== anonymous) client.close()
    }
  }

  return {
    async pull({ name, dockerConfigs, onPulling, ...asked }) {
      const began = now()
      let full: string
      try {
        full = fullName(name)
      } catch (error) {
        throw new PullError(
          'InvalidImageName',
          `Failed to apply default image tag ${JSON.stringify(name)}: ${(error as Error).message}`,
        )
      }
      const policy = asked.policy ?? defaultPolicy(name)
      const present = store.find(name)
      if (policy !== 'Always' && present) return { image: present, fetched: false, ms: 0 }
      if (policy === 'Never')
        throw new PullError(
          'ErrImageNeverPull',
          `Container image ${JSON.stringify(name)} is not present with pull policy of Never`,
        )
      // A digest never means anything else.
      if (present && full.includes('@')) return { image: present, fetched: false, ms: 0 }
      onPulling?.()
      const id = `${full} ${dockerConfigs.length ? JSON.stringify(dockerConfigs) : ''}`
      let task = running.get(id)
      if (!task) {
        task = fetchImage(name, dockerConfigs).finally(() => running.delete(id))
        running.set(id, task)
      }
      try {
        return { image: await task, fetched: true, ms: now() - began }
      } catch (error) {
        const hint = isBuildFailure(error) ? '' : 'failed to pull image: '
        throw new PullError('ErrImagePull', `${hint}${(error as Error).message}`)
      }
    },
    close: () => anonymous.close(),
  }
}

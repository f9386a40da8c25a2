/**
 * The step that lays out credentials in the build's HOME. Secrets of the ServiceAccount count that say by annotation where they are for:
 * `build.knative.dev/git-0: https://github.com`, `build.knative.dev/docker-0: https://registry.example`; dockerconfigjson ones always.
 * Source: knative/build pkg/credentials (dockercreds, gitcreds)
 */
import type { k8s } from '@slipway/core/api'
import { credentialStep, ownImages, paths } from './names.ts'

const annotation = /^build\.knative\.dev\/(git|docker)-/
const wholeConfigs = new Set(['kubernetes.io/dockerconfigjson', 'kubernetes.io/dockercfg'])

export interface CredentialSecret {
  name: string
  type: string
  /** `git` or `docker` and the URL that the secret is for. */
  uses: { for: string; url: string }[]
}

/** The secrets that a build may use; pure. */
export function credentialSecrets(secrets: k8s.Secret[]): CredentialSecret[] {
  return secrets.flatMap(({ metadata, type = 'Opaque' }) => {
    const uses = Object.entries(metadata.annotations ?? {})
      .map(([key, url]) => ({ for: annotation.exec(key)?.[1] ?? '', url }))
      .filter(use => use.for)
    return uses.length || wholeConfigs.has(type) ? [{ name: metadata.name, type, uses }] : []
  })
}

const shortTypes: Record<string, string> = {
  'kubernetes.io/basic-auth': 'basic',
  'kubernetes.io/ssh-auth': 'ssh',
  'kubernetes.io/dockerconfigjson': 'config',
  'kubernetes.io/dockercfg': 'cfg',
}

export function credentialStepOf(secrets: CredentialSecret[]): { step: k8s.Container; volumes: k8s.Volume[] } {
  const args = secrets.flatMap(({ name, type, uses }) => {
    const short = shortTypes[type] ?? type
    return uses.length ? uses.map(use => `--${short}-${use.for}=${name}=${use.url}`) : [`--${short}-docker=${name}`]
  })
  const volumes = secrets.map(({ name }, i) => ({ name: `build-secret-${i}`, secret: { secretName: name, defaultMode: 0o400 } }))
  return {
    step: {
      name: credentialStep,
      image: `${ownImages}builder`,
      command: ['node', '/slipway/builders/credentials/main.ts'],
      args,
      volumeMounts: secrets.map(({ name }, i) => ({
        name: `build-secret-${i}`,
        mountPath: `${paths.secrets}/${name}`,
        readOnly: true,
      })),
    },
    volumes,
  }
}

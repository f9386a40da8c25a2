/**
 * What the credential step is told: which mounted secret is for what. `--basic-git=SECRET=URL`, `--ssh-git=SECRET=URL`,
 * `--basic-docker=SECRET=URL`, `--config-docker=SECRET` (dockerconfigjson), `--cfg-docker=SECRET` (dockercfg). Follows knative/build
 * pkg/credentials, whose annotations build.knative.dev/git-N and docker-N give the URLs.
 */
import { BuildFailure } from '../failure/index.ts'

export type CredentialUse =
  | { kind: 'basic-git' | 'ssh-git' | 'basic-docker'; secret: string; url: string }
  | { kind: 'config-docker' | 'cfg-docker'; secret: string }

const withUrl = ['basic-git', 'ssh-git', 'basic-docker'] as const
const whole = ['config-docker', 'cfg-docker'] as const
export const credentialKinds = [...withUrl, ...whole]

/** Names of secrets are DNS subdomains: none leads to another folder. */
const secretName = /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/

/** @throws BuildFailure InvalidFlags */
export function parseUse(kind: (typeof credentialKinds)[number], value: string): CredentialUse {
  const equals = value.indexOf('=')
  const secret = equals < 0 ? value : value.slice(0, equals)
  const url = equals < 0 ? '' : value.slice(equals + 1)
  if (!secretName.test(secret) || secret.includes('..'))
    throw new BuildFailure('InvalidFlags', `--${kind}=${value}: ${JSON.stringify(secret)} is not the name of a secret`)
  if (kind === 'config-docker' || kind === 'cfg-docker') return { kind, secret }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they would break out of the files' lines
  if (!url || /[\x00-\x20\x7f]/.test(url))
    throw new BuildFailure(
      'InvalidFlags',
      `--${kind}=${value} is not of the form SECRET=URL; annotate the secret with build.knative.dev/${kind.split('-')[1]}-0: URL`,
    )
  return { kind, secret, url }
}

/** Fetches the configMaps, secrets and tokens that a pod refers to, and keeps them for a while. */

import type { DockerConfig } from '@slipway/builders/image'
import { k8s, StatusError } from '@slipway/core/api'
import type { Api } from '@slipway/core/client'
import { referencedByVolumes } from '../volume/volume-files.ts'
import { type Referenced, referencedByEnv } from './environment.ts'

export interface PodInputs extends Referenced {
  /** @throws Error when it was not fetched */
  token(audience: string | undefined, seconds: number): string
  /** Of the pod's imagePullSecrets; those that do not exist are left out, as kubelet does. */
  dockerConfigs: DockerConfig[]
}

interface Token {
  value: string
  /** Fetched anew from this time on: four fifths of its life. */
  renewAt: number
}
/** Tokens outlive a refresh: they are kept by the caller. */
export type TokenCache = Map<string, Token>
const tokenId = (audience: string | undefined, seconds: number) => `${audience ?? ''} ${seconds}`

async function fetchToken(api: Api, pod: k8s.Pod, audience: string | undefined, seconds: number): Promise<string> {
  const { namespace, name, uid } = pod.metadata
  const account = pod.spec.serviceAccountName || 'default'
  const answer = await api.raw('POST', `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`, {
    body: {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(audience && { audiences: [audience] }),
        expirationSeconds: seconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    },
  })
  const body = (await answer.json()) as { status?: { token?: string }; message?: string }
  if (!answer.ok || !body.status?.token)
    throw new StatusError(
      answer.status,
      'Unknown',
      `failed to fetch token: ${body.message ?? `the API server answered ${answer.status}`}`,
    )
  return body.status.token
}

const dockerConfigOf = (secret: k8s.Secret): DockerConfig | undefined => {
  const data = secret.data?.['.dockerconfigjson'] ?? secret.data?.['.dockercfg']
  if (!data) return undefined
  try {
    const parsed = JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as DockerConfig
    return secret.data?.['.dockercfg'] ? { auths: parsed as DockerConfig['auths'] } : parsed
  } catch {
    return undefined
  }
}

/** @throws StatusError when the API server cannot be asked; what does not exist is simply not there */
export async function fetchInputs(api: Api, pod: k8s.Pod, tokens: TokenCache, now: number): Promise<PodInputs> {
  const env = referencedByEnv(pod.spec)
  const volumes = referencedByVolumes(pod.spec.volumes)
  const { namespace } = pod.metadata
  const pullSecrets = (pod.spec.imagePullSecrets ?? []).map(s => s.name ?? '')
  const configMaps = new Map<string, k8s.ConfigMap | undefined>()
  const secrets = new Map<string, k8s.Secret | undefined>()
  await Promise.all([
    ...[...new Set([...env.configMaps, ...volumes.configMaps])].map(async name =>
      configMaps.set(name, await api.find(k8s.ConfigMap, { namespace, name })),
    ),
    ...[...new Set([...env.secrets, ...volumes.secrets, ...pullSecrets])].map(async name =>
      secrets.set(name, await api.find(k8s.Secret, { namespace, name })),
    ),
    ...volumes.tokens.map(async ({ audience, seconds }) => {
      const id = tokenId(audience, seconds)
      const kept = tokens.get(id)
      if (kept && now < kept.renewAt) return
      tokens.set(id, { value: await fetchToken(api, pod, audience, seconds), renewAt: now + seconds * 800 })
    }),
  ])
  return {
    // Lists and single objects both come with their kind; files of a secret are decoded by it.
    configMap: name => configMaps.get(name),
    secret: name => {
      const found = secrets.get(name)
      return found && { ...found, kind: 'Secret' }
    },
    token(audience, seconds) {
      const found = tokens.get(tokenId(audience, seconds))
      if (!found) throw new Error('the token was not fetched')
      return found.value
    },
    dockerConfigs: pullSecrets.flatMap(name => {
      const secret = secrets.get(name)
      const config = secret && dockerConfigOf(secret)
      return config ? [config] : []
    }),
  }
}

/** Credentials of Docker's config.json (`auths`, `credHelpers`, `credsStore`), as docker login and Kubernetes' dockerconfigjson write it. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { BuildFailure, codeOf, messageOf } from '../failure/index.ts'

export type RegistryCredentials =
  | { username: string; password: string }
  /** An OAuth2 refresh token. */
  | { identityToken: string }
  /** A bearer token, used as it is. */
  | { registryToken: string }

/** Gives what to log in with at a registry, such as `docker.io`; undefined is anonymous. */
export type CredentialSource = (registry: string) => Promise<RegistryCredentials | undefined>

interface AuthEntry {
  auth?: string
  username?: string
  password?: string
  identitytoken?: string
  registrytoken?: string
}
export interface DockerConfig {
  auths?: Record<string, AuthEntry>
  credsStore?: string
  credHelpers?: Record<string, string>
}

/** `https://index.docker.io/v1/` is the key that docker login writes for Docker Hub; keys of others are hosts, sometimes with scheme or path. */
const hostOfKey = (key: string) => {
  const host = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '')
  return host === 'index.docker.io' || host === 'registry-1.docker.io' ? 'docker.io' : host
}

function fromEntry(entry: AuthEntry): RegistryCredentials | undefined {
  if (entry.registrytoken) return { registryToken: entry.registrytoken }
  if (entry.identitytoken) return { identityToken: entry.identitytoken }
  if (entry.username && entry.password !== undefined) return { username: entry.username, password: entry.password }
  if (!entry.auth) return undefined
  const text = Buffer.from(entry.auth, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return colon > 0 ? { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') } : undefined
}

/** What a config holds for a registry in plain form. Pure. */
export function credentialsIn(config: DockerConfig, registry: string): RegistryCredentials | undefined {
  const key = Object.keys(config.auths ?? {}).find(k => hostOfKey(k) === registry)
  return key ? fromEntry(config.auths![key]!) : undefined
}

/** Asks a `docker-credential-NAME` program (docker/docker-credential-helpers: `get`, server on stdin, JSON on stdout). */
const askHelper = (helper: string, registry: string): Promise<RegistryCredentials | undefined> =>
  new Promise((resolve, reject) => {
    if (!/^[\w.-]+$/.test(helper)) return resolve(undefined)
    const server = registry === 'docker.io' ? 'https://index.docker.io/v1/' : registry
    const child = execFile(`docker-credential-${helper}`, ['get'], { timeout: 30_000 }, (error, stdout) => {
      if (error && /credentials not found/i.test(stdout)) return resolve(undefined)
      if (error)
        return reject(
          new BuildFailure(
            'CredentialHelperFailed',
            `docker-credential-${helper} gave no login for ${registry}: ${stdout.trim() || error.message}`,
          ),
        )
      const { Username, Secret } = JSON.parse(stdout) as { Username: string; Secret: string }
      resolve(Username === '<token>' ? { identityToken: Secret } : { username: Username, password: Secret })
    })
    child.stdin?.on('error', () => {})
    child.stdin?.end(server)
  })

export const credentialsFrom =
  (config: DockerConfig): CredentialSource =>
  async registry => {
    const helper = config.credHelpers?.[registry] ?? config.credsStore
    return (helper && (await askHelper(helper, registry))) || credentialsIn(config, registry)
  }

/** `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`. */
export const dockerConfigPath = (): string => join(process.env.DOCKER_CONFIG ?? join(homedir(), '.docker'), 'config.json')

/** Reads the config at first need, anew for each client. A missing file is anonymous. @throws BuildFailure InvalidDockerConfig */
export function credentialsOfFile(path: string = dockerConfigPath()): CredentialSource {
  let loaded: Promise<CredentialSource> | undefined
  const load = async () => {
    let text: string
    try {
      text = await readFile(path, 'utf8')
    } catch (error) {
      if (['ENOENT', 'EACCES', 'ENOTDIR'].includes(codeOf(error) ?? '')) return async () => undefined
      throw error
    }
    try {
      return credentialsFrom(JSON.parse(text) as DockerConfig)
    } catch (error) {
      throw new BuildFailure('InvalidDockerConfig', `${path} is not valid JSON: ${messageOf(error)}`)
    }
  }
  return async registry => (await (loaded ??= load()))(registry)
}

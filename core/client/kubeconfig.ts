/**
 * Reads a kubeconfig. Certificates and tokens are read here, because that is what nearly all have and it costs nothing; login programs and
 * OIDC are left to @kubernetes/client-node, which is loaded only then (it takes 80 MB).
 */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parse } from 'yaml'
import type { ApiConnection } from './connection.ts'

interface Named<T> {
  name: string
  value: T
}
interface Cluster {
  server: string
  'certificate-authority'?: string
  'certificate-authority-data'?: string
}
interface User {
  token?: string
  tokenFile?: string
  'client-certificate'?: string
  'client-certificate-data'?: string
  'client-key'?: string
  'client-key-data'?: string
  exec?: unknown
  'auth-provider'?: unknown
}
interface Kubeconfig {
  'current-context'?: string
  contexts?: { name: string; context: { cluster: string; user: string; namespace?: string } }[]
  clusters?: { name: string; cluster: Cluster }[]
  users?: { name: string; user: User }[]
}

const serviceAccountDir = '/var/run/secrets/kubernetes.io/serviceaccount'

const named = <T>(what: string, list: Named<T>[], name: string | undefined, file: string): T => {
  const found = list.find(entry => entry.name === name)
  if (!found) throw new Error(`${file}: there is no ${what} "${name}"; there are ${list.map(e => e.name).join(', ') || 'none'}`)
  return found.value
}

/** @throws Error naming the file and what is missing in it */
export async function readKubeconfig(file: string, contextName?: string): Promise<ApiConnection> {
  const config = (parse(await readFile(file, 'utf8')) ?? {}) as Kubeconfig
  const contexts = (config.contexts ?? []).map(({ name, context }) => ({ name, value: context }))
  const context = named('context', contexts, contextName ?? config['current-context'], file)
  const cluster = named(
    'cluster',
    (config.clusters ?? []).map(({ name, cluster: value }) => ({ name, value })),
    context.cluster,
    file,
  )
  const user = named(
    'user',
    (config.users ?? []).map(({ name, user: value }) => ({ name, value: value ?? {} })),
    context.user,
    file,
  )
  const content = async (data: string | undefined, path: string | undefined) => {
    if (data) return Buffer.from(data, 'base64').toString()
    return path ? readFile(resolve(dirname(file), path), 'utf8') : undefined
  }
  const ca = await content(cluster['certificate-authority-data'], cluster['certificate-authority'])
  const clientCert = await content(user['client-certificate-data'], user['client-certificate'])
  const clientKey = await content(user['client-key-data'], user['client-key'])
  const token =
    user.token ?? (user.tokenFile ? (await readFile(resolve(dirname(file), user.tokenFile), 'utf8')).trim() : undefined)
  const login = user.exec || user['auth-provider'] ? await loginHeaders(file) : undefined
  return {
    url: cluster.server.replace(/\/$/, ''),
    ...(ca && { ca }),
    ...(token && { token }),
    ...(clientCert && clientKey && { clientCert, clientKey }),
    ...(login && { headers: login }),
  }
}

/** Headers from a login program or OIDC, renewed as they expire. */
async function loginHeaders(file: string): Promise<() => Promise<Record<string, string>>> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromFile(file)
  return async () => {
    const options: { headers?: Record<string, string> } = {}
    await config.applyToHTTPSOptions(options as never)
    return Object.fromEntries(Object.entries(options.headers ?? {}).map(([key, value]) => [key.toLowerCase(), String(value)]))
  }
}

/** The connection that a pod has to the API server of its cluster. */
export async function inClusterConnection(): Promise<ApiConnection> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = process.env
  if (!host) throw new Error('not inside a cluster: KUBERNETES_SERVICE_HOST is not set')
  const tokenFile = `${serviceAccountDir}/token`
  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    ca: await readFile(`${serviceAccountDir}/ca.crt`, 'utf8'),
    // Tokens of pods are rotated: the file is read again at each request that needs it.
    headers: async () => ({ authorization: `Bearer ${(await readFile(tokenFile, 'utf8')).trim()}` }),
  }
}

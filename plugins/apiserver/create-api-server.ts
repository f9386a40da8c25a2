/** Puts the server together: store, registry, verbs, listeners. */
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Kind } from '@slipway/core/api'
import { type Log, silentLog } from '@slipway/core/observe'
import type { ApiConnection } from '@slipway/core/plugin'
import { tokenAuthority } from './access/bearer-token.ts'
import { type Authorize, authorizeMasters } from './access/user.ts'
import { builtinResources } from './builtin/registry.ts'
import { discoveryHandler } from './discovery/discovery-handler.ts'
import { resourceHandler, upgradeHandler } from './http/resource-handler.ts'
import { serverCertificate } from './identity/certificates.ts'
import { kubeconfigText } from './identity/kubeconfig.ts'
import { secretFile } from './identity/secret-file.ts'
import { openApiHandler } from './openapi/openapi-handler.ts'
import { kubeletClient } from './pods/kubelet-client.ts'
import { followCustomResources } from './server/custom-resources.ts'
import { createInitialObjects } from './server/initial-objects.ts'
import { listen } from './server/listen.ts'
import { LiveRegistry } from './server/live-registry.ts'
import { outerApp } from './server/outer-app.ts'
import { SqliteStore } from './store/sqlite-store.ts'
import type { ServerContext } from './verbs/call.ts'

export interface ApiServerOptions {
  /** For the database, certificates and tokens; made when it is not there. */
  dataDir: string
  /** Default 127.0.0.1. */
  host?: string
  /** Default 0: any free port. */
  port?: number
  /** Further names and addresses for the certificate. */
  hosts?: readonly string[]
  /** Where the kubeconfig is written, mode 0600; nowhere when absent. */
  kubeconfig?: string
  /** A unix socket, for those who need not pay for TLS; none when absent. */
  socketPath?: string
  /** Served as custom resources, each with its CustomResourceDefinition. */
  kinds?: readonly Kind[]
  authorize?: Authorize
  /** Milliseconds since the epoch. */
  now?: () => number
  log?: Log
}

export interface ApiServer {
  connection: ApiConnection
  /** By unix socket, when there is one. */
  localConnection?: ApiConnection
  kubeconfig: string
  /** What kubelets must demand. */
  kubeletToken: string
  port: number
  /** Answers what is under way, ends watches, and closes the store. */
  close(): Promise<void>
}

const closeGraceMs = 2000

export async function createApiServer(options: ApiServerOptions): Promise<ApiServer> {
  const {
    dataDir,
    host = '127.0.0.1',
    port = 0,
    hosts = [],
    kinds = [],
    authorize = authorizeMasters,
    now = Date.now,
    log = silentLog,
  } = options
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const names = [...new Set([host, '127.0.0.1', 'localhost', 'kubernetes.default.svc', ...hosts])]
  const [certificate, token, kubeletToken] = await Promise.all([
    serverCertificate(dataDir, names, now()),
    secretFile(join(dataDir, 'token')),
    secretFile(join(dataDir, 'kubelet.token')),
  ])
  const store = new SqliteStore({
    file: join(dataDir, 'objects.db'),
    onError: error => log.error({ err: error }, 'a watch failed by a fault of the server'),
  })
  const stopping = new AbortController()
  let unfollow = () => {}
  try {
    const registry = new LiveRegistry(builtinResources())
    const context: ServerContext = {
      store,
      registry,
      tokens: tokenAuthority(token, 'https://kubernetes.default.svc', now),
      authorize,
      kubelet: kubeletClient(store, kubeletToken),
      now,
      log,
      signal: stopping.signal,
    }
    await createInitialObjects(store, registry, now())
    unfollow = await followCustomResources({ store, registry, kinds, now, log })
    const resources = resourceHandler(context)
    const outer = outerApp({
      context,
      mounts: [discoveryHandler(registry), openApiHandler(registry)],
      checks: () => ({ ping: true, store: true }),
    })
    const upgrade = upgradeHandler(context)
    const listening = await listen({
      handler: (request, response) =>
        void (isResourcePath(request.url!) ? resources(request, response) : outer(request, response)),
      upgrade: (request, socket, head) => void upgrade(request, socket, head),
      host,
      port,
      ...certificate,
      ...(options.socketPath && { socketPath: options.socketPath }),
    })
    const url = `https://${host.includes(':') ? `[${host}]` : host}:${listening.port}`
    const kubeconfig = kubeconfigText({ url, ca: certificate.ca, token })
    if (options.kubeconfig) {
      await mkdir(dirname(options.kubeconfig), { recursive: true })
      await writeFile(options.kubeconfig, kubeconfig, { mode: 0o600 })
    }
    return {
      connection: { url, ca: certificate.ca, token },
      ...(options.socketPath && {
        localConnection: { url: 'http://localhost', socketPath: options.socketPath, token, ca: certificate.ca },
      }),
      kubeconfig,
      kubeletToken,
      port: listening.port,
      async close() {
        stopping.abort()
        unfollow()
        await listening.close(closeGraceMs)
        await store.close()
      },
    }
  } catch (error) {
    unfollow()
    await store.close()
    throw error
  }
}

/** `/api/v1/…` and `/apis/GROUP/VERSION/…`: what lies deeper than discovery. */
const isResourcePath = (url: string): boolean => /^\/api\/[^/?]+\/[^?]|^\/apis\/[^/?]+\/[^/?]+\/[^?]/.test(url)

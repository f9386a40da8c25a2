import { join } from 'node:path'
import { parseQuantity, s } from '@slipway/core/api'
import { connectApi } from '@slipway/core/client'
import { branchOf, builtAs, isDeletion, type Push, pushJob, pushProgress } from '@slipway/core/delivery'
import { systemClock } from '@slipway/core/observe'
import { Addresses, ApiConnection, definePlugin, GitEndpoint, PodNetwork, RedisConnection } from '@slipway/core/plugin'
import { listenAddresses } from '@slipway/core/process'
import { connectQueues, enqueue } from '@slipway/core/queue'
import { admission } from './admission.ts'
import { checkGit } from './git.ts'
import { gitApp } from './http/app.ts'
import { anyone, sharedToken } from './http/authenticate.ts'
import { pushReporter } from './report-pushes.ts'
import { repositories } from './repositories.ts'

export default definePlugin({
  name: 'git-server',
  config: s.object({
    port: s.port().default(3000).describe('Port on every address; 0 takes a free one.'),
    host: s.string().default('git.localhost').describe('Name in clone URLs, the same on the host and in pods.'),
    addresses: s
      .array(s.string())
      .default(['::1'])
      .describe('Addresses to listen on besides 127.0.0.1; one that does not exist yet is waited for.'),
    autoCreate: s
      .boolean()
      .default(true)
      .describe('A first push makes the namespace and the Repository; switch it off where teams share a cluster.'),
    token: s.string().optional().describe('The password that git must give. Absent: anyone who reaches the addresses may push.'),
    maxPackSize: s.string().default('1Gi').describe('A larger push is refused; 0 for no limit.'),
  }),
  requires: { connection: ApiConnection, redis: RedisConnection },
  optional: { shown: Addresses, pods: PodNetwork },
  provides: { git: GitEndpoint },
  async start({ config, connection, redis, shown, pods, log, dataDir, signal, onStop }) {
    await checkGit()
    const api = connectApi(connection, { userAgent: 'slipway-git-server' })
    onStop(() => api.close())
    const queues = connectQueues({ address: redis.path ? { path: redis.path } : { url: redis.url! }, log })
    onStop(() => queues.close())
    const repos = repositories(join(dataDir, 'repositories'))
    const reporter = pushReporter({
      repositories: repos,
      enqueue: async push => void (await enqueue(queues, pushJob, push)),
      clock: systemClock,
      log,
      signal,
    })
    async function* progress(push: Push, gone: AbortSignal) {
      if (isDeletion(push)) return void (yield `${branchOf(push.ref)} deleted; what it released stays`)
      yield* pushProgress(api, { ...push, branch: builtAs(push)! }, { signal: AbortSignal.any([gone, signal]) })
    }
    const app = gitApp({
      repositories: repos,
      admission: admission(api, config.autoCreate),
      reporter,
      progress,
      authenticate: config.token ? sharedToken(config.token) : anyone,
      maxBytes: parseQuantity(config.maxPackSize),
      log,
    })
    const addresses = [...new Set(['127.0.0.1', ...(pods ? [pods.hostAddress] : []), ...config.addresses])]
    const server = await listenAddresses(app, {
      plugin: 'git-server',
      // A push may take as long as its pack needs; only its headers may not.
      server: { requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 5000 },
      port: config.port,
      addresses,
      clock: systemClock,
      log,
    })
    onStop(async () => {
      await server.close()
      await reporter.settled()
    })
    shown?.set('git', `http://localhost:${server.port}`)
    // The first push need not wait for the queue's client to be loaded.
    void queues.queue(pushJob.queue).catch(() => {})
    // Pushes that were accepted just before the last run ended; in the background, for there may be many repositories.
    void reporter.catchUp()
    return { git: { url: `http://${config.host}:${server.port}`, port: server.port } }
  },
})

import { s } from '@slipway/core/api'
import { connectApi, createInformers } from '@slipway/core/client'
import { pushJob } from '@slipway/core/delivery'
import {
  ApiConnection,
  definePlugin,
  GitEndpoint,
  RedisConnection,
  RegistryEndpoint,
  RevisionMetrics,
} from '@slipway/core/plugin'
import { connectQueues, worker } from '@slipway/core/queue'
import { type Reconciler, startControllers } from '@slipway/core/runtime'
import { repositoryReconciler } from './repository.ts'
import { rolloutReconciler } from './rollout.ts'
import { pushWorker } from './worker.ts'

export default definePlugin({
  name: 'delivery',
  config: s.object({
    gitUrl: s.string().optional().describe('Base of clone URLs. Default: that of the git-server plugin.'),
    registry: s.string().optional().describe('Host that images go to. Default: that of the registry plugin.'),
    concurrency: s.int().min(1).default(8).describe('Pushes that are taken up at once.'),
  }),
  requires: { connection: ApiConnection, redis: RedisConnection },
  optional: { git: GitEndpoint, registry: RegistryEndpoint, metrics: RevisionMetrics },
  async start({ config, connection, redis, git, registry, metrics, log, signal, onStop }) {
    const api = connectApi(connection, { userAgent: 'slipway-delivery' })
    onStop(() => api.close())
    const informers = createInformers({ api, log, signal })
    const queues = connectQueues({ address: redis.path ? { path: redis.path } : { url: redis.url! }, log })
    onStop(() => queues.close())
    const reconcilers = [repositoryReconciler, rolloutReconciler(metrics)] as unknown as Reconciler[]
    const controllers = startControllers(reconcilers, { api, informers, log })
    onStop(() => controllers.stop())
    const installation = {
      gitUrl: (config.gitUrl ?? git?.url)?.replace(/\/+$/, ''),
      registryHost: config.registry ?? registry?.host,
    }
    const running = await worker(queues, pushJob, pushWorker({ api, installation }), {
      concurrency: config.concurrency,
      signal,
      // A push is taken up in milliseconds: one that a crash cut short need not wait long for the next worker.
      lockMs: 4000,
    })
    onStop(() => running.close())
    return {}
  },
})

import { connectApi, createInformers } from '@slipway/core/client'
import { ApiConnection, definePlugin, RedisConnection, StepImages } from '@slipway/core/plugin'
import { connectQueues, enqueue, worker } from '@slipway/core/queue'
import { type Reconciler, startControllers } from '@slipway/core/runtime'
import { buildReconciler } from './build.ts'
import { buildConfig } from './config.ts'
import { buildJob } from './queue.ts'
import { buildWorker } from './worker.ts'

export default definePlugin({
  name: 'build',
  config: buildConfig,
  requires: { connection: ApiConnection, redis: RedisConnection, steps: StepImages },
  async start({ config, connection, redis, steps: { images }, log, signal, onStop }) {
    const api = connectApi(connection, { userAgent: 'slipway-build' })
    onStop(() => api.close())
    const informers = createInformers({ api, log, signal })
    const queues = connectQueues({ address: redis.path ? { path: redis.path } : { url: redis.url! }, log })
    onStop(() => queues.close())
    const put = async ({
      metadata: { namespace, name, uid },
    }: {
      metadata: { namespace?: string; name: string; uid?: string }
    }) => {
      await enqueue(queues, buildJob, { namespace: namespace!, name, uid: uid! })
    }
    const controllers = startControllers([buildReconciler({ config, images, enqueue: put }) as Reconciler], {
      api,
      informers,
      log,
    })
    onStop(() => controllers.stop())
    await informers.synced()
    const running = await worker(queues, buildJob, buildWorker({ api, informers, images, config }), {
      concurrency: config.concurrency,
      signal,
    })
    onStop(() => running.close())
    return {}
  },
})

import { k8s, parseKey } from '@slipway/core/api'
import { labels, PodAutoscaler } from '@slipway/core/api/serving'
import { connectApi, createInformers, type Informers, startInformer } from '@slipway/core/client'
import type { Stat } from '@slipway/core/http'
import { systemClock } from '@slipway/core/observe'
import { ApiConnection, definePlugin, RevisionMetrics, StatsEndpoint } from '@slipway/core/plugin'
import { type Reconciler, readerOf, startControllers } from '@slipway/core/runtime'
import { Deciders } from './deciders.ts'
import { keepPort, keptPort } from './kept-port.ts'
import { podAutoscalerReconciler, revisionNow } from './pod-autoscaler.ts'
import { autoscalerConfig } from './scaling-config.ts'
import { serverlessServiceReconciler } from './serverless-service.ts'
import { statsServer } from './stats-server.ts'

export default definePlugin({
  name: 'autoscaler',
  config: autoscalerConfig,
  requires: { connection: ApiConnection },
  provides: { stats: StatsEndpoint, metrics: RevisionMetrics },
  async start({ config, connection, dataDir, log, signal, onStop }) {
    const api = connectApi(connection, { userAgent: 'slipway-autoscaler' })
    onStop(() => api.close())
    const shared = createInformers({ api, log, signal })
    // Only the pods of revisions: a cluster has many others.
    const pods = startInformer(k8s.Pod, { api, log, signal, labels: labels.revision })
    const informers: Informers = {
      ...shared,
      of: kind => (kind.resource === 'pods' && kind.group === '' ? (pods as never) : shared.of(kind)),
      started: kind => (kind.resource === 'pods' && kind.group === '' ? (pods as never) : shared.started(kind)),
    }
    const read = readerOf(informers)
    const deciders = new Deciders({
      clock: systemClock,
      revision: key => {
        const { namespace, name } = parseKey(key)
        const autoscaler = read.get(PodAutoscaler, namespace, name)
        return autoscaler && revisionNow(autoscaler, read, config)
      },
      changed: key => controllers.enqueue('autoscaler', key),
    })
    onStop(() => deciders.stop())
    const take = (stats: Stat[]) => deciders.take(stats)
    const wanted = config.port || (await keptPort(dataDir))
    // Somebody else may have it by now; only a port that was asked for must be had.
    const server = await statsServer(config.host, wanted, take).catch(error => {
      if (config.port || !wanted) throw error
      return statsServer(config.host, 0, take)
    })
    onStop(() => server.close())
    await keepPort(dataDir, server.port)
    const reconcilers = [podAutoscalerReconciler(deciders, config), serverlessServiceReconciler]
    const controllers = startControllers(reconcilers as Reconciler[], { api, informers, log })
    onStop(() => controllers.stop())
    return {
      stats: { url: server.url },
      metrics: {
        figures: async (namespace, revision, windowMs) => deciders.figures(`${namespace}/${revision}`, windowMs),
      },
    }
  },
})

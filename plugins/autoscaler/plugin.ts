import { k8s, parseKey } from '@slipway/core/api'
import { labels, PodAutoscaler } from '@slipway/core/api/serving'
import { connectApi, createInformers, type Informers, startInformer } from '@slipway/core/client'
import { systemClock } from '@slipway/core/observe'
import { ApiConnection, definePlugin, RevisionMetrics, StatsEndpoint } from '@slipway/core/plugin'
import { type Reconciler, readerOf, startControllers } from '@slipway/core/runtime'
import { Deciders } from './deciders.ts'
import { podAutoscalerReconciler, revisionNow } from './pod-autoscaler.ts'
import { autoscalerConfig } from './scaling-config.ts'
import { serverlessServiceReconciler } from './serverless-service.ts'
import { statsServer } from './stats-server.ts'

export default definePlugin({
  name: 'autoscaler',
  config: autoscalerConfig,
  requires: { connection: ApiConnection },
  provides: { stats: StatsEndpoint, metrics: RevisionMetrics },
  async start({ config, connection, log, signal, onStop }) {
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
    const server = await statsServer(config.host, config.port, stats => deciders.take(stats))
    onStop(() => server.close())
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

import { s } from '@slipway/core/api'
import { connectApi } from '@slipway/core/client'
import { ApiConnection, definePlugin } from '@slipway/core/plugin'
import { startCluster } from './controllers.ts'

export default definePlugin({
  name: 'cluster',
  config: s.object({
    terminatedPodThreshold: s
      .int()
      .min(0)
      .default(12_500)
      .describe('Ended pods that are kept in the whole cluster before the oldest are deleted.'),
  }),
  requires: { connection: ApiConnection },
  start({ config, connection, log, onStop }) {
    const api = connectApi(connection, { userAgent: 'kube-controller-manager' })
    onStop(() => api.close())
    const cluster = startCluster({ api, log, ...config, ...(connection.ca && { ca: connection.ca }) })
    onStop(cluster.stop)
    return {}
  },
})

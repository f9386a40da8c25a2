import { connectApi } from '@slipway/core/client'
import { ApiConnection, definePlugin } from '@slipway/core/plugin'
import { startCluster } from './controllers.ts'

export default definePlugin({
  name: 'cluster',
  requires: { connection: ApiConnection },
  start({ connection, log, onStop }) {
    const api = connectApi(connection, { userAgent: 'kube-controller-manager' })
    onStop(() => api.close())
    const cluster = startCluster({ api, log, ...(connection.ca && { ca: connection.ca }) })
    onStop(cluster.stop)
    return {}
  },
})

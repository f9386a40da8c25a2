import { connectApi, createInformers } from '@slipway/core/client'
import { ApiConnection, definePlugin, GatewayEndpoint, ImageResolver } from '@slipway/core/plugin'
import { type Reconciler, startControllers } from '@slipway/core/runtime'
import { servingConfig } from './config.ts'
import { configurationReconciler } from './configuration.ts'
import { imageDigests } from './image-digests.ts'
import { revisionReconciler } from './revision.ts'
import { routeReconciler } from './route.ts'
import { routingStateReconciler } from './routing-state.ts'
import { serviceReconciler } from './service.ts'

export default definePlugin({
  name: 'serving',
  config: servingConfig,
  requires: { connection: ApiConnection, resolver: ImageResolver },
  optional: { gateway: GatewayEndpoint },
  async start({ config: given, gateway, connection, resolver, log, signal, onStop }) {
    const config = { ...given, externalPort: given.externalPort ?? gateway?.port ?? 80 }
    const api = connectApi(connection, { userAgent: 'slipway-serving' })
    onStop(() => api.close())
    const informers = createInformers({ api, log, signal })
    const digests = imageDigests(resolver.resolve, key => controllers.enqueue('revision-controller', key), Date.now)
    const reconcilers = [
      serviceReconciler,
      configurationReconciler,
      revisionReconciler(digests, config),
      routeReconciler(config),
      routingStateReconciler,
    ]
    const controllers = startControllers(reconcilers as Reconciler[], { api, informers, log })
    onStop(() => controllers.stop())
    return {}
  },
})

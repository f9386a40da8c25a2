import { s } from '@slipway/core/api'
import { connectApi, startInformer } from '@slipway/core/client'
import { listen } from '@slipway/core/http'
import { systemClock } from '@slipway/core/observe'
import { Addresses, ApiConnection, definePlugin, GatewayEndpoint, RevisionHop } from '@slipway/core/plugin'
import { ingressKind } from './ingress-kind.ts'
import { watchIngresses } from './ingress-watch.ts'
import { routeHop } from './route-hop.ts'

export default definePlugin({
  name: 'gateway',
  config: s.object({
    host: s.string().default('127.0.0.1').describe('The address for everyone. 0.0.0.0 is all of this machine.'),
    port: s.port().default(8080),
    internalHost: s
      .string()
      .default('127.0.0.1')
      .describe('The address for the cluster, where ClusterLocal hosts are served too.'),
    internalPort: s.int().min(0).max(65535).default(0).describe('0 takes a free one.'),
    reusePort: s.boolean().default(false).describe('Lets several data-plane processes share the port (Linux).'),
    ingressClass: s.string().default('slipway.ingress.networking.knative.dev'),
    drain: s.int().min(0).default(5000).describe('Milliseconds that requests under way have when the gateway stops.'),
  }),
  requires: { connection: ApiConnection, revisions: RevisionHop },
  optional: { addresses: Addresses },
  provides: { endpoint: GatewayEndpoint },
  async start({ config, connection, revisions, addresses, log, signal, onStop }) {
    const api = connectApi(connection, { userAgent: 'slipway-gateway', connections: 4 })
    onStop(() => api.close())
    const table = () => watch.table
    const handle = routeHop(() => table().external, revisions)
    const handleInternal = routeHop(() => table().internal, revisions)
    const { host, port, internalHost, internalPort, reusePort, drain } = config
    const external = await listen({ host, port, reusePort, handle })
    onStop(() => external.close(drain))
    const internal = await listen({ host: internalHost, port: internalPort, reusePort, handle: handleInternal })
    onStop(() => internal.close(drain))
    const informer = startInformer(ingressKind, { api, log, signal })
    const watch = watchIngresses({
      api,
      informer,
      log,
      clock: systemClock,
      ingressClass: config.ingressClass,
      external: `${host}:${external.port}`,
      internal: `${internalHost}:${internal.port}`,
    })
    onStop(() => watch.stop())
    addresses?.set('gateway', `http://${host}:${external.port}`)
    log.info({ host, port: external.port, internalHost, internalPort: internal.port }, 'the gateway takes requests')
    return { endpoint: { port: external.port } }
  },
})

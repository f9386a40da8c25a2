/** Kubernetes' API in this process. */
import { s } from '@slipway/core/api'
import { allKinds } from '@slipway/core/api/kinds'
import { Addresses, ApiConnection, definePlugin, Home, KubeletAuth } from '@slipway/core/plugin'
import { socketPath } from '@slipway/core/process'
import { createApiServer } from './create-api-server.ts'

export default definePlugin({
  name: 'apiserver',
  config: s.object({
    host: s.string().default('127.0.0.1').describe('The address to listen on; loopback unless told otherwise.'),
    port: s.port().default(6443).describe('0 takes any free port.'),
    hosts: s.array(s.string()).default([]).describe('Further names and addresses that clients use, for the certificate.'),
  }),
  optional: { home: Home, addresses: Addresses },
  provides: { connection: ApiConnection, kubeletAuth: KubeletAuth },
  async start({ config, home, addresses, dataDir, log, onStop }) {
    const server = await createApiServer({
      ...config,
      dataDir,
      // Parts of this installation need no TLS: a socket that only this user can open is as good, and cheaper.
      socketPath: socketPath(dataDir, 'api.sock'),
      kinds: allKinds,
      log,
      ...(home && { kubeconfig: home.kubeconfig }),
    })
    onStop(() => server.close())
    addresses?.set('api', server.connection.url)
    return { connection: server.localConnection ?? server.connection, kubeletAuth: { token: server.kubeletToken } }
  },
})

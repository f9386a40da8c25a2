/** The gateway plugin with nothing behind it but the app: `data-plane.gateway.ts DIR KUBECONFIG PORT APP_PORT` */
import { join } from 'node:path'
import { readKubeconfig } from '@slipway/core/client'
import { forwarder } from '@slipway/core/http'
import { createLog } from '@slipway/core/observe'
import { ApiConnection, definePlugin, RevisionHop, startHost } from '@slipway/core/plugin'
import gateway from '@slipway/plugin-gateway'

const [dir = '', kubeconfig = '', port, appPort] = process.argv.slice(2)
const straight = definePlugin({
  name: 'straight',
  provides: { revisions: RevisionHop },
  start({ onStop }) {
    const forward = forwarder()
    onStop(() => forward.close())
    const endpoint = { host: '127.0.0.1', port: Number(appPort), protocol: 'http1' as const }
    return { revisions: exchange => forward.hop(exchange, endpoint) }
  },
})
const host = await startHost({
  plugins: [gateway, straight],
  config: { gateway: { port: Number(port) } },
  values: [[ApiConnection, await readKubeconfig(kubeconfig)]],
  dataDir: join(dir, 'gateway'),
  log: createLog(),
})
process.on('SIGTERM', () => void host.stop().then(() => process.exit(0)))

import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { k8s, s } from '@slipway/core/api'
import { Build } from '@slipway/core/api/build'
import { Rollout } from '@slipway/core/api/delivery'
import { Service } from '@slipway/core/api/serving'
import { connectApi } from '@slipway/core/client'
import { Addresses, ApiConnection, definePlugin } from '@slipway/core/plugin'
import { overviewPage } from './overview.ts'
import { dashboardServer } from './server.ts'

/** Kept, so that an address that was bookmarked goes on to work. */
async function tokenIn(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => '')
  if (kept) return kept
  const token = randomBytes(24).toString('base64url')
  await writeFile(file, token, { mode: 0o600 })
  return token
}

export default definePlugin({
  name: 'dashboard',
  config: s.object({
    host: s.string().default('127.0.0.1'),
    port: s.port().default(8090).describe('0 takes a free one.'),
  }),
  requires: { connection: ApiConnection },
  optional: { addresses: Addresses },
  async start({ config, connection, addresses, dataDir, log, onStop }) {
    const api = connectApi(connection, { userAgent: 'slipway-dashboard', connections: 4 })
    onStop(() => api.close())
    const token = await tokenIn(join(dataDir, 'token'))
    const page = async () => {
      const [services, rollouts, builds, pods] = await Promise.all([
        api.list(Service),
        api.list(Rollout),
        api.list(Build),
        api.list(k8s.Pod),
      ])
      return overviewPage({
        services: services.items,
        rollouts: rollouts.items,
        builds: builds.items,
        pods: pods.items,
        now: Date.now(),
      })
    }
    const server = await dashboardServer({ ...config, token, page, log })
    onStop(() => server.close())
    addresses?.set('dashboard', `http://localhost:${server.port}/?token=${token}`)
    return {}
  },
})

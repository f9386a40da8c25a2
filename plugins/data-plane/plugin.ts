import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { parseDuration, s } from '@slipway/core/api'
import { systemClock } from '@slipway/core/observe'
import {
  Addresses,
  ApiConnection,
  definePlugin,
  GatewayEndpoint,
  Home,
  readConfiguration,
  StatsEndpoint,
} from '@slipway/core/plugin'
import { mainModule } from '@slipway/core/process'
import { endLeftover } from './leftover.ts'
import { supervise } from './supervisor.ts'

export default definePlugin({
  name: 'data-plane',
  config: s.object({
    readyWithin: s.duration().default('20s').describe('How long the process may take to come up.'),
    drain: s.duration().default('10s').describe('How long open requests may go on when Slipway stops.'),
  }),
  requires: { home: Home, connection: ApiConnection, stats: StatsEndpoint },
  optional: { addresses: Addresses },
  provides: { gateway: GatewayEndpoint },
  async start({ config, home, connection, stats, addresses, dataDir, log, onStop }) {
    const command = [
      process.execPath,
      mainModule,
      '--home',
      home.dir,
      'run',
      'data-plane',
      '--config',
      home.configuration,
      '--kubeconfig',
      home.kubeconfig,
      '--stats-url',
      stats.url,
    ]
    const settings = Object.entries(process.env).filter(([name]) => name.startsWith('SLIPWAY_'))
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([command, settings, connection.url, await readConfiguration(home.configuration)]))
      .digest('hex')
    const supervisor = await supervise({
      command,
      env: process.env,
      fingerprint,
      stateFile: join(dataDir, 'state.json'),
      logFile: join(dataDir, 'data-plane.log'),
      readyWithinMs: parseDuration(config.readyWithin),
      drainMs: parseDuration(config.drain),
      log,
      clock: systemClock,
    })
    onStop(() => supervisor.stop())
    addresses?.set('gateway', `http://localhost:${supervisor.port}`)
    return { gateway: { port: supervisor.port } }
  },
  clean: ({ dataDir }) => endLeftover(join(dataDir, 'state.json'), 2000),
})

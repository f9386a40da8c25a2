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

/** Requests leave little behind: a small young generation and one helper thread cost no speed, and save 20 MB of an idle data plane. */
const nodeFlags = ['--max-semi-space-size=1', '--v8-pool-size=1']

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
      ...nodeFlags,
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
      ...(connection.socketPath ? ['--api-socket', connection.socketPath] : []),
    ]
    const settings = Object.entries(process.env).filter(([name]) => name.startsWith('SLIPWAY_'))
    const fingerprint = createHash('sha256')
      .update(JSON.stringify([command, settings, connection.url, await readConfiguration(home.configuration)]))
      .digest('hex')
    const supervisor = await supervise({
      command,
      // Compiled code is kept, the stripping of types with it: another 15 MB, and a quicker start.
      env: { NODE_COMPILE_CACHE: join(home.dir, 'compile-cache'), ...process.env },
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

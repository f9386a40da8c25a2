/** The controllers of plugins/cluster alone, in a process of their own, to be killed. Arguments: a folder, and the connection as JSON. */
import { createLog } from '@slipway/core/observe'
import { ApiConnection, startHost } from '@slipway/core/plugin'
import cluster from '@slipway/plugin-cluster'

const host = await startHost({
  plugins: [cluster],
  values: [[ApiConnection, JSON.parse(process.argv[3]!)]],
  dataDir: process.argv[2]!,
  log: createLog({ level: 'warn' }),
})
process.on('SIGTERM', () => void host.stop().then(() => process.exit(0)))
setInterval(() => {}, 60_000)

/** The embedded API server alone in a process of its own, for `apiserver.ts`. Says where it is on its IPC channel. */
import { createApiServer } from '@slipway/plugin-apiserver/server'

const server = await createApiServer({ dataDir: process.argv[2]! })
process.on('message', message => {
  if (message === 'memory') process.send!(process.memoryUsage.rss())
  if (message === 'stop') void server.close().then(() => process.disconnect!())
})
process.send!(server.connection)

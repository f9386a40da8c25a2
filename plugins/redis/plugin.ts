import { s } from '@slipway/core/api'
import { definePlugin, RedisConnection } from '@slipway/core/plugin'
import { socketPath } from '@slipway/core/process'
import { checkExternal } from './external.ts'
import { startRedisServer } from './server.ts'

export default definePlugin({
  name: 'redis',
  config: s.object({
    url: s
      .string()
      .optional()
      .describe('redis:// or rediss:// of a Redis of your own; REDIS_URL goes before it. Default: a private one.'),
    binary: s.string().default('redis-server'),
    appendfsync: s.enum('always', 'everysec').default('always').describe('always: an accepted push survives a power cut.'),
    maxMemory: s
      .string()
      .pattern(/^\d+(b|kb|mb|gb)?$/)
      .default('256mb'),
  }),
  provides: { redis: RedisConnection },
  async start({ config, dataDir, log, onStop }) {
    const url = process.env.REDIS_URL || config.url
    if (url) {
      await checkExternal(url, log)
      return { redis: { url } }
    }
    const socket = socketPath(dataDir, 'redis.sock')
    const { binary, appendfsync, maxMemory } = config
    const server = await startRedisServer({ dataDir, socket, binary, appendfsync, maxMemory, log })
    onStop(() => server.stop())
    return { redis: { path: socket } }
  },
})

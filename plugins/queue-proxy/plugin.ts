import { parseDuration, s } from '@slipway/core/api'
import { forwarder } from '@slipway/core/http'
import { systemClock } from '@slipway/core/observe'
import { definePlugin, PodHop } from '@slipway/core/plugin'
import { podHop } from './pod-hop.ts'

export default definePlugin({
  name: 'queue-proxy',
  config: s.object({
    connectTimeout: s.duration().default('2s').describe('How long connecting to a pod may take.'),
    keepAlive: s
      .duration()
      .default('4s')
      .describe('How long a connection is kept unused where the app gives no Keep-Alive timeout.'),
    maxIdle: s.int().min(0).default(256).describe('Unused connections kept to one pod at most.'),
    trustForwarded: s.boolean().default(false).describe('Keep X-Forwarded-Proto and -Host that came with a request.'),
  }),
  provides: { pods: PodHop },
  start({ config, onStop }) {
    const forward = forwarder({
      connectTimeoutMs: parseDuration(config.connectTimeout),
      idleMs: parseDuration(config.keepAlive),
      maxIdle: config.maxIdle,
      trustForwarded: config.trustForwarded,
    })
    onStop(() => forward.close())
    return { pods: podHop(forward, systemClock) }
  },
})

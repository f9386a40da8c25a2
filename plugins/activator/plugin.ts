import { k8s, parseDuration, s } from '@slipway/core/api'
import { connectApi, startInformer } from '@slipway/core/client'
import { Meters } from '@slipway/core/http'
import { systemClock } from '@slipway/core/observe'
import { ApiConnection, definePlugin, PodHop, RevisionHop, StatsEndpoint } from '@slipway/core/plugin'
import { activate } from './activate.ts'
import { revisionKind, revisionLabel } from './resources.ts'
import { RevisionTable } from './revision-table.ts'
import { statReporter } from './stat-reporter.ts'

export default definePlugin({
  name: 'activator',
  config: s.object({
    maxHeld: s.int().min(0).default(10_000).describe('Requests that wait for a pod, in all.'),
    maxHeldPerRevision: s.int().min(0).default(2000),
    probeFirst: s
      .duration()
      .default('10ms')
      .describe('Time to the second probe of a pod; each further one waits half as long again.'),
    probeLongest: s.duration().default('25ms'),
    probeTimeout: s.duration().default('1s'),
    reportPeriod: s.duration().default('1s').describe('How often the autoscaler is told of the traffic.'),
  }),
  requires: { connection: ApiConnection, pods: PodHop },
  optional: { stats: StatsEndpoint },
  provides: { revisions: RevisionHop },
  async start({ config, connection, pods, stats, log, signal, onStop }) {
    const api = connectApi(connection, { userAgent: 'slipway-activator', connections: 4 })
    onStop(() => api.close())
    const table = new RevisionTable({
      revisions: startInformer(revisionKind, { api, log, signal }),
      pods: startInformer(k8s.Pod, { api, log, signal, labels: revisionLabel }),
      retire: pods.retire,
      clock: systemClock,
      timing: {
        firstMs: parseDuration(config.probeFirst),
        longestMs: parseDuration(config.probeLongest),
        timeoutMs: parseDuration(config.probeTimeout),
      },
    })
    onStop(() => table.stop())
    const now = () => performance.now()
    const meters = new Meters(now)
    const reporter = statReporter({
      url: stats?.url ?? '',
      meters,
      reporter: `activator-${process.pid}`,
      clock: systemClock,
      log,
      periodMs: parseDuration(config.reportPeriod),
    })
    onStop(() => reporter.stop())
    const { maxHeld, maxHeldPerRevision } = config
    const hop = activate({
      table,
      next: pods.hop,
      meters,
      now,
      clock: systemClock,
      poke: reporter.poke,
      maxHeld,
      maxHeldPerRevision,
    })
    return {
      revisions: (exchange, target) => {
        hop(exchange, target)
        reporter.touch()
      },
    }
  },
})

/** `slipway run PROFILE`: a profile other than the embedded one, in this process. It finds the API server by kubeconfig, and logs to standard error. */
import { join } from 'node:path'
import { readKubeconfig } from '../client/kubeconfig.ts'
import { createLog } from '../observe/log.ts'
import {
  Addresses,
  ApiConnection,
  configured,
  GatewayEndpoint,
  loadPlugins,
  PluginError,
  type ProfileName,
  profiles,
  readConfiguration,
  StatsEndpoint,
  startHost,
} from '../plugin/index.ts'
import { homePaths } from './home.ts'

export interface RunOptions {
  home?: string
  config?: string
  kubeconfig?: string
  statsUrl?: string
  /** A unix socket by which the same API server is reached without TLS. */
  apiSocket?: string
}

export async function run(profile: string, options: RunOptions): Promise<number> {
  if (!(profile in profiles))
    throw new PluginError('InvalidConfig', `there is no profile "${profile}"; there are ${Object.keys(profiles).join(', ')}`)
  const paths = homePaths(options.home)
  const log = createLog().child({ profile })
  process.on('unhandledRejection', error => log.error({ err: error }, 'a promise was rejected and nobody looked'))
  const stopped = new Promise<void>(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve())
  })
  const configuration = options.config ? await readConfiguration(options.config) : {}
  const loaded = await loadPlugins([...profiles[profile as ProfileName], ...(configuration.extra ?? [])])
  const connection = await readKubeconfig(options.kubeconfig ?? process.env.KUBECONFIG ?? paths.kubeconfig)
  const host = await startHost({
    ...configured(loaded, configuration, process.env),
    values: [
      [ApiConnection, options.apiSocket ? { ...connection, url: 'http://localhost', socketPath: options.apiSocket } : connection],
      [Addresses, new Map()],
      [StatsEndpoint, { url: options.statsUrl ?? '' }],
    ],
    dataDir: join(paths.dir, profile),
    log,
  })
  // Tells the process that started this one that it is up, and where.
  process.send?.({ ready: true, port: host.find(GatewayEndpoint)?.port })
  process.channel?.unref()
  await stopped
  await host.stop()
  return 0
}

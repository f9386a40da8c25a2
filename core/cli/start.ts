/** `slipway start`: the embedded profile in this process, until it is told to stop. */
import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { createLog, type Log } from '../observe/log.ts'
import { configured, Home, type Host, loadPlugins, profiles, readConfiguration, startHost } from '../plugin/index.ts'
import { Addresses } from '../plugin/tokens/index.ts'
import { takeLock } from '../process/lock.ts'
import { type HomePaths, homePaths } from './home.ts'
import { writeAddresses } from './installation.ts'
import { bold, green, print, printTable, seconds } from './print.ts'

export interface StartOptions {
  home?: string
  config?: string
  tour?: boolean
  exit?: boolean
}
export interface Running {
  host: Host
  paths: HomePaths
  addresses: Addresses
  log: Log
  stop(): Promise<void>
}

async function startEmbedded({ home, config }: StartOptions): Promise<Running> {
  const paths = homePaths(home)
  await mkdir(paths.dir, { recursive: true, mode: 0o700 })
  const release = takeLock(paths.lock)
  const file = createWriteStream(paths.log, { flags: 'a', mode: 0o600 })
  const log = createLog({ destination: file })
  // A forgotten promise of one plugin is a fault to be found in the log, not the end of all the others.
  process.on('unhandledRejection', error => log.error({ err: error }, 'a promise was rejected and nobody looked'))
  try {
    const configuration = await readConfiguration(config ?? paths.configuration)
    const loaded = await loadPlugins([...profiles.embedded, ...(configuration.extra ?? [])])
    const addresses: Addresses = new Map()
    const host = await startHost({
      ...configured(loaded, configuration, process.env),
      values: [
        [Home, { dir: paths.dir, kubeconfig: paths.kubeconfig, configuration: config ?? paths.configuration }],
        [Addresses, addresses],
      ],
      dataDir: paths.plugins,
      log,
      onStarted: (name, ms) => log.info({ plugin: name, ms: Math.round(ms) }, 'plugin started'),
    })
    await writeAddresses(paths.dir, addresses)
    const stop = async () => {
      await host.stop()
      release()
      await new Promise(resolve => file.end(resolve))
    }
    return { host, paths, addresses, log, stop }
  } catch (error) {
    release()
    throw error
  }
}

/** Resolves at the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
function untilStopped(): Promise<void> {
  return new Promise(resolve => {
    let asked = false
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => {
        if (asked) process.exit(130)
        asked = true
        resolve()
      })
  })
}

export async function start(options: StartOptions): Promise<number> {
  const stopped = untilStopped()
  const running = await startEmbedded(options)
  print(`${bold('Slipway')} is up after ${seconds(process.uptime() * 1000)}.`)
  printTable([...running.addresses, ['kubeconfig', running.paths.kubeconfig], ['log', running.paths.log]])
  let code = 0
  try {
    const { tour, isFirstStart } = await import('./tour/tour.ts')
    if (options.tour ?? (await isFirstStart(running)))
      code = (await Promise.race([tour(running), stopped.then(() => 130)])) as number
    if (options.exit) return code
    print(`${green('Serving.')} Push with: git push ${running.addresses.get('git')}/demo/hello.git main   (Ctrl-C stops)`)
    await stopped
    print('stopping …')
    return 0
  } finally {
    await running.stop()
  }
}

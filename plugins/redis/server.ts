/** The private redis-server: started, waited for while it loads, started again when it dies, ended with everything on disk. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { type Clock, type Log, sleep, systemClock } from '@slipway/core/observe'
import { ask } from './ask.ts'
import { endLeftover } from './leftover.ts'
import { restartDelay, type ServerSettings, serverArguments } from './settings.ts'

export interface RedisServerOptions extends ServerSettings {
  /** Default `redis-server`, found on PATH. */
  binary?: string
  log: Log
  clock?: Clock
}
export interface RedisServer {
  readonly pid: number | undefined
  /** Resolves when it has ended, with all that it acknowledged on disk. */
  stop(): Promise<void>
}

export class RedisStartError extends Error {
  readonly reason: 'RedisMissing' | 'RedisFailed'
  constructor(reason: RedisStartError['reason'], message: string) {
    super(message)
    this.name = 'RedisStartError'
    this.reason = reason
  }
}

/** It counts as steady, and its deaths as new, after this long. */
const steadyAfterMs = 30_000
const loadingMayTakeMs = 120_000

const missing = (binary: string) =>
  new RedisStartError(
    'RedisMissing',
    `${binary} is not installed. Run: sudo apt-get install -y redis-server   (or set REDIS_URL to a Redis of your own)`,
  )

/** The program's path, if it is on PATH or is a path itself. */
const find = (program: string): string | undefined =>
  program.includes('/')
    ? [program].find(existsSync)
    : (process.env.PATH ?? '')
        .split(delimiter)
        .map(dir => join(dir, program))
        .find(existsSync)

/** On Linux the kernel tells the server to stop, with everything on disk, should this process be killed; elsewhere the next start ends it. */
function commandOf(binary: string, args: string[]): [string, string[]] {
  const setpriv = process.platform === 'linux' ? find('setpriv') : undefined
  return setpriv ? [setpriv, ['--pdeathsig', 'TERM', binary, ...args]] : [binary, args]
}

/** The end of the server's own log, for the reason why it did not start. */
async function lastLines(dataDir: string): Promise<string> {
  const text = await readFile(join(dataDir, 'redis.log'), 'utf8').catch(() => '')
  return text.trim().split('\n').slice(-3).join(' | ')
}

export async function startRedisServer(options: RedisServerOptions): Promise<RedisServer> {
  const { binary = 'redis-server', dataDir, socket, log, clock = systemClock } = options
  const path = find(binary)
  if (!path) throw missing(binary)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  await mkdir(dirname(socket), { recursive: true, mode: 0o700 })
  if (await endLeftover(dataDir, socket)) log.info({ socket }, 'ended the redis-server that an earlier run had left')
  const logFile = join(dataDir, 'redis.log')
  await rename(logFile, `${logFile}.1`).catch(() => {})

  let child: ChildProcess | undefined
  let stopping = false
  let deaths = 0
  let startedAt = 0

  const launch = (): Promise<void> =>
    new Promise((resolve, reject) => {
      startedAt = clock.now()
      // A group of its own: Ctrl-C in the terminal reaches Slipway, which stops it in order.
      const [command, args] = commandOf(path, serverArguments(options))
      const started = spawn(command, args, { stdio: 'ignore', detached: true })
      child = started
      let ready = false
      started.once('error', reject)
      started.once('exit', (code, signal) => {
        child = undefined
        if (ready) void onDeath(signal ?? `code ${code}`)
        else
          void lastLines(dataDir).then(lines =>
            reject(new RedisStartError('RedisFailed', `${binary} ended with ${signal ?? `code ${code}`}: ${lines}`)),
          )
      })
      void isReady(() => child === started).then(up => {
        ready = up
        if (up) resolve()
        else if (child === started) {
          started.kill('SIGKILL')
          reject(
            new RedisStartError(
              'RedisFailed',
              `${binary} did not load its data within ${loadingMayTakeMs / 1000} s; see ${logFile}`,
            ),
          )
        }
      })
    })

  async function isReady(isRunning: () => boolean): Promise<boolean> {
    const until = clock.now() + loadingMayTakeMs
    for (let pause = 2; isRunning() && clock.now() < until; pause = Math.min(pause * 1.5, 100)) {
      if ((await ask(socket, 'PING').catch(() => '')) === '+PONG') return true
      await sleep(clock, pause)
    }
    return false
  }

  async function onDeath(how: string): Promise<void> {
    if (stopping) return
    deaths = clock.now() - startedAt > steadyAfterMs ? 1 : deaths + 1
    const afterMs = restartDelay(deaths)
    log.warn({ how, afterMs, said: await lastLines(dataDir) }, 'redis-server died; starting it again')
    await sleep(clock, afterMs)
    if (stopping) return
    await launch().catch(error => onDeath(error.message))
  }

  await launch()
  return {
    get pid() {
      return child?.pid
    },
    async stop() {
      stopping = true
      const running = child
      if (!running) return
      const ended = new Promise<void>(resolve => running.once('exit', () => resolve()))
      await ask(socket, 'SHUTDOWN NOSAVE', 5000).catch(() => running.kill('SIGTERM'))
      const cancel = clock.after(5000, () => running.kill('SIGKILL'))
      await ended
      cancel()
    },
  }
}

/** A real redis-server for tests, on a unix socket in a temporary folder; it can be killed and started again with what it had. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

export interface TestRedis {
  path: string
  /** SIGKILL: what was acknowledged must be there after `start`. */
  kill(): Promise<void>
  start(): Promise<void>
  /** Ends it and removes its folder. */
  stop(): Promise<void>
}

/** Why tests with Redis cannot run on this machine, or undefined. */
export const missingRedis = (): string | undefined =>
  (process.env.PATH ?? '').split(delimiter).some(dir => existsSync(join(dir, 'redis-server')))
    ? undefined
    : 'redis-server is not installed (apt-get install redis-server)'

export async function startTestRedis(): Promise<TestRedis> {
  const dir = await mkdtemp(join(tmpdir(), 'slipway-redis-'))
  const path = join(dir, 'redis.sock')
  let child: ChildProcess | undefined
  const ended = () => new Promise<void>(resolve => (child ? child.once('exit', () => resolve()) : resolve()))
  const end = async (signal: NodeJS.Signals) => {
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const gone = ended()
    child.kill(signal)
    await gone
  }
  const redis: TestRedis = {
    path,
    kill: () => end('SIGKILL'),
    start: () =>
      new Promise((resolve, reject) => {
        const options = ['--port', '0', '--unixsocket', path, '--dir', dir, '--save', '', '--appendonly', 'yes']
        child = spawn('redis-server', [...options, '--appendfsync', 'always', '--daemonize', 'no'], {
          stdio: ['ignore', 'pipe', 'ignore'],
        })
        let output = ''
        child.once('error', reject)
        child.once('exit', code => reject(new Error(`redis-server ended with ${code}: ${output}`)))
        child.stdout!.on('data', chunk => {
          output += chunk
          if (/ready to accept connections/i.test(output)) resolve()
        })
      }),
    async stop() {
      await end('SIGTERM')
      await rm(dir, { recursive: true, force: true })
    },
  }
  await redis.start().catch(async error => {
    await redis.stop()
    throw error
  })
  return redis
}

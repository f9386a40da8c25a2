import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLog } from '@slipway/core/observe'
import { socketPath } from '@slipway/core/process'
import { missingRedis } from '@slipway/core/testing'
import { expect } from 'chai'
import { Redis } from 'ioredis'
import { ask } from './ask.ts'
import { checkExternal, durabilityWarnings, withoutSecret } from './external.ts'
import { type RedisServer, startRedisServer } from './server.ts'
import { restartDelay, serverArguments } from './settings.ts'

describe('settings of the private redis-server', () => {
  it('has no TCP port, keeps an append-only file, never evicts', () => {
    const text = serverArguments({ dataDir: '/d', socket: '/d/s', appendfsync: 'always', maxMemory: '1mb' }).join(' ')
    for (const part of [
      '--port 0',
      '--appendonly yes',
      '--appendfsync always',
      '--maxmemory-policy noeviction',
      '--unixsocketperm 700',
    ])
      expect(text).to.contain(part)
  })
  it('puts the socket elsewhere where its path would be too long', () => {
    expect(socketPath('/data', 'redis.sock')).to.equal('/data/redis.sock')
    const far = socketPath(`/${'x'.repeat(120)}`, 'redis.sock')
    expect(far.startsWith(tmpdir())).to.equal(true)
    expect(far).to.equal(socketPath(`/${'x'.repeat(120)}`, 'redis.sock'))
  })
  for (const [deaths, want] of [
    [1, 50],
    [2, 100],
    [20, 10_000],
  ] as const)
    it(`waits ${want} ms after death ${deaths}`, () => expect(restartDelay(deaths)).to.equal(want))
})

describe('durabilityWarnings', () => {
  const cases: { name: string; settings: Record<string, string>; want: number }[] = [
    { name: 'a safe one', settings: { 'maxmemory-policy': 'noeviction', appendonly: 'yes', appendfsync: 'always' }, want: 0 },
    { name: 'eviction', settings: { 'maxmemory-policy': 'allkeys-lru', appendonly: 'yes', appendfsync: 'always' }, want: 1 },
    {
      name: 'no file at all',
      settings: { 'maxmemory-policy': 'noeviction', appendonly: 'no', appendfsync: 'everysec' },
      want: 1,
    },
    { name: 'once a second', settings: { appendonly: 'yes', appendfsync: 'everysec' }, want: 1 },
    { name: 'one that does not tell', settings: {}, want: 0 },
  ]
  for (const { name, settings, want } of cases) it(name, () => expect(durabilityWarnings(settings)).to.have.length(want))
  it('hides the password of a URL', () => expect(withoutSecret('redis://u:secret@h:6379/0')).to.not.contain('secret'))
})

describe('private redis-server', () => {
  let dataDir: string
  let socket: string
  const servers: RedisServer[] = []
  const start = async (options: { binary?: string } = {}) => {
    const server = await startRedisServer({
      dataDir,
      socket,
      appendfsync: 'always',
      maxMemory: '64mb',
      log: silentLog,
      ...options,
    })
    servers.push(server)
    return server
  }
  const untilUp = async (butNot: number | undefined, server: RedisServer) => {
    while (server.pid === undefined || server.pid === butNot || (await ask(socket, 'PING').catch(() => '')) !== '+PONG')
      await new Promise(resolve => setTimeout(resolve, 5))
  }

  before(function () {
    const missing = missingRedis()
    if (!missing) return
    console.log(`skipped: ${missing}`)
    this.skip()
  })
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'slipway-redis-plugin-'))
    socket = socketPath(dataDir, 'redis.sock')
  })
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.stop()
    await rm(dataDir, { recursive: true, force: true })
  })

  it('keeps what it acknowledged over a SIGKILL, and is started again', async () => {
    const server = await start()
    expect(await ask(socket, 'SET a 1')).to.equal('+OK')
    const { pid } = server
    process.kill(pid!, 'SIGKILL')
    await untilUp(pid, server)
    expect(await ask(socket, 'EXISTS a')).to.equal(':1')
  })
  it('keeps it over a stop and a start, and leaves no process', async () => {
    const first = await start()
    const { pid } = first
    await ask(socket, 'SET a 1')
    await first.stop()
    expect(() => process.kill(pid!, 0)).to.throw()
    await start()
    expect(await ask(socket, 'EXISTS a')).to.equal(':1')
  })
  it('replaces a server that outlived its Slipway', async () => {
    const settings = { dataDir, socket, appendfsync: 'always', maxMemory: '64mb' } as const
    const left = spawn('redis-server', serverArguments(settings), { stdio: 'ignore' })
    const ended = new Promise(resolve => left.once('exit', resolve))
    while ((await ask(socket, 'SET a 1').catch(() => '')) !== '+OK') await new Promise(resolve => setTimeout(resolve, 5))
    const server = await start()
    await ended
    expect(server.pid).to.not.equal(left.pid)
    expect(await ask(socket, 'EXISTS a')).to.equal(':1')
  })
  it('ends by itself, with what it acknowledged, when its Slipway is killed', async function () {
    if (process.platform !== 'linux') this.skip()
    const source = `
      const { startRedisServer } = await import(${JSON.stringify(import.meta.resolve('./server.ts'))})
      const { silentLog } = await import(${JSON.stringify(import.meta.resolve('@slipway/core/observe'))})
      const options = { dataDir: ${JSON.stringify(dataDir)}, socket: ${JSON.stringify(socket)}, appendfsync: 'always', maxMemory: '64mb' }
      console.log((await startRedisServer({ ...options, log: silentLog })).pid)`
    const owner = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
    const pid = Number(await new Promise(resolve => owner.stdout.once('data', resolve)))
    await ask(socket, 'SET a 1')
    owner.kill('SIGKILL')
    for (let alive = true; alive; await new Promise(resolve => setTimeout(resolve, 5)))
      try {
        process.kill(pid, 0)
      } catch {
        alive = false
      }
    await start()
    expect(await ask(socket, 'EXISTS a')).to.equal(':1')
  })
  it('waits out a client that reconnects while it is started again', async () => {
    const server = await start()
    const client = new Redis({ path: socket, maxRetriesPerRequest: null, retryStrategy: () => 10 })
    client.on('error', () => {})
    await client.set('a', '1')
    process.kill(server.pid!, 'SIGKILL')
    expect(await client.get('a')).to.equal('1')
    client.disconnect()
  })
  it('says how to install what is missing', async () => {
    const error = await start({ binary: 'redis-server-that-is-not-there' }).catch(e => e)
    expect(error.reason).to.equal('RedisMissing')
    expect(error.message).to.contain('apt-get install -y redis-server')
  })
  it('says why the server did not start', async () => {
    await writeFile(join(dataDir, 'appendonlydir'), 'in the way')
    const error = await start().catch(e => e)
    expect(error.reason).to.equal('RedisFailed')
    expect(error.message).to.match(/appendonlydir/i)
  })
  it('says that a Redis of the user’s own is not there', async () => {
    const error = await checkExternal('redis://:pw@127.0.0.1:1/0', silentLog, 500).catch(e => e)
    expect(error.reason).to.equal('RedisFailed')
    expect(error.message).to.contain('127.0.0.1:1').and.not.contain('pw@')
  })
})

import { spawn } from 'node:child_process'
import { expect } from 'chai'
import fc from 'fast-check'
import { s } from '../api/index.ts'
import { silentLog } from '../observe/index.ts'
import { missingRedis, startTestRedis, type TestRedis } from '../testing/index.ts'
import {
  connectQueues,
  deadLetters,
  defineJob,
  enqueue,
  type Job,
  type JobContext,
  JobFailure,
  type QueueConnection,
  queueCounts,
  queuePosition,
  type RunningWorker,
  retryDeadLetter,
  worker,
} from './index.ts'
import { advanceTurn, nextTurn, resetTurns, takeTurn } from './turns.ts'

interface Push {
  name: string
}
const pushJob = (queue: string, extra: Partial<Parameters<typeof defineJob<Push>>[0]> = {}): Job<Push> =>
  defineJob<Push>({ queue, attempts: 3, backoffMs: 5, data: s.object({ name: s.string() }), id: d => d.name, ...extra })

/** Resolves once `done` has been called `times` times. */
function countdown(times: number): { done(): void; reached: Promise<void> } {
  let left = times
  let resolve!: () => void
  const reached = new Promise<void>(r => (resolve = r))
  return { done: () => void (--left === 0 && resolve()), reached }
}
/** Polls what Redis says until it is so. */
async function until(isSo: () => Promise<boolean>, withinMs = 8000): Promise<void> {
  const deadline = Date.now() + withinMs
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error('it did not become so in time')
    await new Promise(resolve => setTimeout(resolve, 2))
  }
}

describe('queue on a real Redis', () => {
  let redis: TestRedis
  let queues: QueueConnection
  const workers: RunningWorker[] = []
  const start = async (...args: Parameters<typeof worker<Push>>) => {
    const running = await worker<Push>(...args)
    workers.push(running)
    return running
  }

  before(async function () {
    const missing = missingRedis()
    if (missing) {
      console.log(`skipped: ${missing}`)
      this.skip()
    }
    redis = await startTestRedis()
  })
  beforeEach(() => {
    queues = connectQueues({ address: { path: redis.path }, log: silentLog })
  })
  afterEach(async () => {
    await Promise.all(workers.splice(0).map(w => w.close()))
    await queues.close()
  })
  after(async () => redis?.stop())

  it('does each job once, and a job of an id that waits already is the same job', async () => {
    const job = pushJob('once')
    for (const name of ['a', 'b', 'a', 'a:with colon', '7']) await enqueue(queues, job, { name })
    expect((await queueCounts(queues, 'once')).waiting).to.equal(4)
    const seen: string[] = []
    const { done, reached } = countdown(4)
    await start(queues, job, async ({ name }) => {
      seen.push(name)
      done()
    })
    await reached
    expect(seen).to.deep.equal(['a', 'b', 'a:with colon', '7'])
  })

  it('tells how many jobs are ahead', async () => {
    const job = pushJob('ahead')
    const ids: string[] = []
    for (const name of ['a', 'b', 'c']) ids.push(await enqueue(queues, job, { name }))
    expect(await Promise.all(ids.map(id => queuePosition(queues, 'ahead', id)))).to.deep.equal([0, 1, 2])
    expect(await queuePosition(queues, 'ahead', 'unknown')).to.equal(undefined)
  })

  it('refuses data that does not fit the schema', async () => {
    const error = await enqueue(queues, pushJob('schema'), { name: 3 } as never).catch(e => e)
    expect(error).to.be.instanceOf(JobFailure)
    expect(error.reason).to.equal('InvalidJobData')
    expect(error.message).to.contain('name')
  })

  it('tries again with back-off, then keeps a dead letter with its reason, which can be tried again', async () => {
    const job = pushJob('dead')
    const attempts: number[] = []
    let heals = false
    const healed = countdown(1)
    await start(queues, job, async (_, { attempt }) => {
      if (heals) return healed.done()
      attempts.push(attempt)
      throw new JobFailure({ retry: 'backoff', blame: 'system', reason: 'RegistryAway', message: 'no route' })
    })
    const id = await enqueue(queues, job, { name: 'x' })
    await until(async () => (await queueCounts(queues, 'dead')).failed === 1)
    expect(attempts).to.deep.equal([1, 2, 3])
    const [letter] = await deadLetters(queues, 'dead')
    expect(letter).to.include({ id, reason: 'RegistryAway', blame: 'system', message: 'no route', attempts: 3 })
    heals = true
    expect(await retryDeadLetter(queues, 'dead', id)).to.equal(true)
    await healed.reached
    expect(await retryDeadLetter(queues, 'dead', 'unknown')).to.equal(false)
  })

  it('does not try again what retrying cannot heal, until the same job comes anew', async () => {
    const job = pushJob('never')
    let calls = 0
    await start(queues, job, async () => {
      calls++
      throw new JobFailure({ retry: 'never', blame: 'user', reason: 'InvalidTemplate', message: 'no such template' })
    })
    for (const times of [1, 2]) {
      await enqueue(queues, job, { name: 'x' })
      await until(async () => calls === times && (await queueCounts(queues, 'never')).failed === 1)
    }
    expect((await deadLetters(queues, 'never'))[0]).to.include({ blame: 'user', reason: 'InvalidTemplate' })
  })

  it('a wait that the handler asks for uses up no attempt', async () => {
    const job = pushJob('later', { attempts: 1 })
    const attempts: number[] = []
    const { done, reached } = countdown(3)
    await start(queues, job, async (_, { attempt }) => {
      attempts.push(attempt)
      done()
      if (attempts.length < 3)
        throw new JobFailure({ retry: { afterMs: 5 }, blame: 'system', reason: 'NotYet', message: 'later' })
    })
    await enqueue(queues, job, { name: 'x' })
    await reached
    expect(attempts).to.deep.equal([1, 1, 1])
  })

  it('lanes take turns, however many jobs one has queued', async () => {
    const job = pushJob('fair', { lane: d => d.name.split('-')[0]! })
    for (let i = 0; i < 20; i++) await enqueue(queues, job, { name: `big-${i}` })
    await enqueue(queues, job, { name: 'small-0' })
    await enqueue(queues, job, { name: 'small-1' })
    const order: string[] = []
    const { done, reached } = countdown(22)
    await start(queues, job, async ({ name }) => {
      order.push(name)
      done()
    })
    await reached
    expect(order.indexOf('small-0')).to.be.at.most(1)
    expect(order.indexOf('small-1')).to.be.at.most(3)
    expect(order.filter(n => n.startsWith('big')).map(n => Number(n.split('-')[1]))).to.deep.equal([...Array(20).keys()])
  })

  it('a stop gives the job under way back, and the next worker does it as if for the first time', async () => {
    const job = pushJob('stop', { attempts: 1 })
    const began = countdown(1)
    const first = await start(queues, job, async (_, { signal }) => {
      began.done()
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
    })
    await enqueue(queues, job, { name: 'x' })
    await began.reached
    await first.close()
    expect(await queueCounts(queues, 'stop')).to.include({ waiting: 1, active: 0, failed: 0 })
    const again = countdown(1)
    await start(queues, job, async (_, { attempt }) => {
      expect(attempt).to.equal(1)
      again.done()
    })
    await again.reached
  })

  it('Redis killed in the middle of jobs: every accepted job is done, and none twice to its end', async () => {
    const job = pushJob('killed')
    const total = 60
    for (let i = 0; i < total; i++) await enqueue(queues, job, { name: `j${i}` })
    const runs = new Map<string, number>()
    let restart: Promise<void> | undefined
    await start(
      queues,
      job,
      async ({ name }) => {
        runs.set(name, (runs.get(name) ?? 0) + 1)
        if (runs.size === 20) restart ??= redis.kill().then(() => redis.start())
        await new Promise(resolve => setImmediate(resolve))
      },
      { concurrency: 4, lockMs: 1000 },
    )
    await until(async () => {
      const { waiting, active, delayed } = await queueCounts(queues, 'killed')
      return runs.size === total && waiting + active + delayed === 0
    })
    await restart
    expect((await queueCounts(queues, 'killed')).failed).to.equal(0)
    // Those under way at the kill may be done again, which handlers must bear; no others.
    const twice = [...runs.values()].filter(n => n > 1)
    expect(twice.length).to.be.at.most(4)
  }).timeout(20_000)

  it('a job whose worker was killed is taken over by another', async () => {
    const job = pushJob('killed-worker')
    const source = `
      const { connectQueues, defineJob, worker } = await import(${JSON.stringify(import.meta.resolve('./index.ts'))})
      const { s } = await import(${JSON.stringify(import.meta.resolve('../api/index.ts'))})
      const { silentLog } = await import(${JSON.stringify(import.meta.resolve('../observe/index.ts'))})
      const job = defineJob({ queue: 'killed-worker', attempts: 3, data: s.object({ name: s.string() }), id: d => d.name })
      const queues = connectQueues({ address: { path: ${JSON.stringify(redis.path)} }, log: silentLog })
      await worker(queues, job, () => { console.log('began'); return new Promise(() => {}) }, { lockMs: 400 })`
    const child = spawn(process.execPath, ['--input-type=module', '-e', source], { stdio: ['ignore', 'pipe', 'inherit'] })
    try {
      await enqueue(queues, job, { name: 'x' })
      await new Promise(resolve => child.stdout.once('data', resolve))
    } finally {
      child.kill('SIGKILL')
    }
    const taken = countdown(1)
    await start(queues, job, async () => taken.done(), { lockMs: 400 })
    await taken.reached
  })

  it('the numbers that the script takes are those of its pure twin', async () => {
    const client = await queues.client()
    const step = fc.oneof(fc.record({ lane: fc.constantFrom('a', 'b', 'c') }), fc.record({ advance: fc.nat(20) }))
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async steps => {
        await resetTurns(client, queues.prefix, 'turns')
        const last = new Map<string, number>()
        let now = 0
        for (const one of steps)
          if ('lane' in one) {
            const want = nextTurn(now, last.get(one.lane))
            expect(await takeTurn(client, queues.prefix, 'turns', one.lane)).to.equal(want)
            last.set(one.lane, want)
          } else {
            await advanceTurn(client, queues.prefix, 'turns', one.advance)
            now = Math.max(now, one.advance)
          }
      }),
      { numRuns: 50 },
    )
  })

  it('stops without a Redis that is away, and leaves no timer that keeps a process alive', async () => {
    const job = pushJob('stopless')
    const began = countdown(1)
    const handler = async (_: Push, { signal }: JobContext) => {
      began.done()
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))))
    }
    const running = await start(queues, job, handler, { closeGraceMs: 200 })
    await enqueue(queues, job, { name: 'x' })
    await began.reached
    await redis.kill()
    await running.close()
    await queues.close()
    await redis.start()
  })

  it('an enqueue into a Redis that is away says so in time, and works once it is back', async () => {
    const job = pushJob('away')
    await enqueue(queues, job, { name: 'first' })
    await redis.kill()
    const error = await enqueue(queues, job, { name: 'second' }, { timeoutMs: 50 }).catch(e => e)
    expect(error).to.include({ reason: 'QueueUnavailable' })
    await redis.start()
    await enqueue(queues, job, { name: 'second' })
    expect((await queueCounts(queues, 'away')).waiting).to.equal(2)
  })
})

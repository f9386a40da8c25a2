import { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import { type Running, running } from '../running.fixture.ts'
import { cronJobReconciler } from './cron-job.ts'
import { dueAt } from './cron-schedule.ts'

const cronJob = (spec: Partial<k8s.CronJob['spec']> = {}): k8s.CronJob =>
  ({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'tick', namespace: 'demo', uid: 'cron-1', creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: {
      schedule: '*/10 * * * *',
      jobTemplate: {
        metadata: { labels: { a: 'b' } },
        spec: { template: { spec: { containers: [{ name: 'main', image: 'x' }] } } },
      },
      ...spec,
    },
  }) as k8s.CronJob

const at = (text: string) => Date.parse(`2026-01-01T${text}Z`)

describe('cron schedules', () => {
  const cases: {
    name: string
    spec?: Partial<k8s.CronJob['spec']>
    last?: string
    now: string
    want?: string
    many?: boolean
  }[] = [
    { name: 'nothing is due before the first time', now: '00:09:59' },
    { name: 'the time that has just passed is due', now: '00:10:00', want: '00:10:00' },
    { name: 'only the latest of several missed ones is due', now: '00:35:00', want: '00:30:00' },
    { name: 'what was started is not due again', last: '00:30:00', now: '00:35:00' },
    { name: 'too late to start is not due', spec: { startingDeadlineSeconds: 60 }, now: '00:35:00' },
    {
      name: 'after a hundred missed, still the latest',
      spec: { schedule: '* * * * *' },
      now: '03:00:30',
      want: '03:00:00',
      many: true,
    },
    { name: 'a time zone counts', spec: { schedule: '30 9 * * *', timeZone: 'Asia/Seoul' }, now: '00:31:00', want: '00:30:00' },
    { name: 'named schedules work', spec: { schedule: '@hourly' }, now: '01:00:05', want: '01:00:00' },
  ]
  for (const { name, spec, last, now, want, many } of cases)
    it(name, () => {
      const object = { ...cronJob(spec), ...(last && { status: { lastScheduleTime: `2026-01-01T${last}Z` } }) }
      const due = dueAt(object, at(now))
      expect(due.at).to.equal(want && at(want))
      expect(due.manyMissed).to.equal(many ?? false)
    })
})

describe('cronjob controller', () => {
  let run: Running
  const start = (object: k8s.CronJob) => {
    run = running([cronJobReconciler], object)
    return run.settle()
  }
  afterEach(() => run.stop())
  const jobs = () => run.api.all('Job') as k8s.Job[]
  const status = () => (run.api.all('CronJob')[0] as k8s.CronJob).status!
  const finish = async (job: k8s.Job, type: 'Complete' | 'Failed') => {
    const time = new Date(run.clock.now()).toISOString()
    await run.api.updateStatus(k8s.Job, {
      ...job,
      status: { startTime: time, completionTime: time, conditions: [{ type, status: 'True' }] },
    })
    await run.settle()
  }

  it('starts a Job at each time, named by its minute, and sleeps in between', async () => {
    await start(cronJob())
    expect(jobs()).to.have.length(0)
    await run.later(600_000)
    expect(jobs().map(j => j.metadata.name)).to.deep.equal([`tick-${at('00:10:00') / 60_000}`])
    expect(jobs()[0]!.metadata).to.deep.include({ labels: { a: 'b' } })
    expect(jobs()[0]!.metadata.annotations).to.deep.equal({
      'batch.kubernetes.io/cronjob-scheduled-timestamp': '2026-01-01T00:10:00Z',
    })
    expect(status().lastScheduleTime).to.equal('2026-01-01T00:10:00Z')
    expect(status().active!.map(r => r.name)).to.deep.equal(jobs().map(j => j.metadata.name))
    await finish(jobs()[0]!, 'Complete')
    expect(status()).to.not.have.property('active')
    expect(status().lastSuccessfulTime).to.equal('2026-01-01T00:10:00Z')
  })

  it('keeps three that went well and one that failed', async () => {
    await start(cronJob())
    for (let i = 0; i < 8; i++) {
      await run.later(600_000)
      await finish(jobs().at(-1)!, i % 4 === 3 ? 'Failed' : 'Complete')
    }
    const kinds = jobs().map(j => j.status!.conditions![0]!.type)
    expect(kinds.filter(t => t === 'Complete')).to.have.length(3)
    expect(kinds.filter(t => t === 'Failed')).to.have.length(1)
  })

  const policies = [
    { concurrencyPolicy: 'Allow', want: 2 },
    { concurrencyPolicy: 'Forbid', want: 1 },
    { concurrencyPolicy: 'Replace', want: 1 },
  ]
  for (const { concurrencyPolicy, want } of policies)
    it(`${concurrencyPolicy} leaves ${want} of two that overlap`, async () => {
      await start(cronJob({ concurrencyPolicy }))
      await run.later(600_000)
      const [first] = jobs()
      await run.later(600_000)
      expect(jobs()).to.have.length(want)
      if (concurrencyPolicy === 'Replace') expect(jobs()[0]!.metadata.name).to.not.equal(first!.metadata.name)
    })

  it('starts nothing while suspended', async () => {
    await start(cronJob({ suspend: true }))
    await run.later(3_600_000)
    expect(jobs()).to.have.length(0)
  })

  it('says what is wrong with a schedule', async () => {
    await start(cronJob({ schedule: '61 * * * *' }))
    expect(run.events()[0]).to.match(
      /^Warning UnparseableSchedule: unparseable schedule: 61 \* \* \* \*: .*Invalid value for minute: 61/,
    )
  })
})

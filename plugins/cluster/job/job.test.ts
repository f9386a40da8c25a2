import { conflict, type k8s, StatusError } from '@slipway/core/api'
import { expect } from 'chai'
import { type Running, running } from '../running.fixture.ts'
import { jobReconciler } from './job.ts'
import { ttlAfterFinishedReconciler } from './ttl-after-finished.ts'

const job = (spec: Partial<k8s.Job['spec']> = {}): k8s.Job =>
  ({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: 'build', namespace: 'demo', uid: 'job-1' },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'x' }] } },
      ...spec,
    },
  }) as k8s.Job

describe('job controller', () => {
  let run: Running
  const start = (...objects: k8s.Job[]) => {
    run = running([jobReconciler(), ttlAfterFinishedReconciler], ...objects)
    return run.settle()
  }
  afterEach(() => run.stop())
  const status = () => (run.api.all('Job')[0] as k8s.Job).status!
  const conditions = () => status().conditions?.map(c => `${c.type}=${c.status} ${c.reason}`) ?? []
  const names = () => run.pods().map(p => p.metadata.name)

  it('starts one pod with the tracking finalizer, labels and a name in the alphabet of generated names', async () => {
    await start(job())
    const [pod, ...more] = run.pods()
    expect(more).to.have.length(0)
    expect(pod!.metadata.name).to.match(/^build-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    expect(pod!.metadata.finalizers).to.deep.equal(['batch.kubernetes.io/job-tracking'])
    expect(pod!.metadata.labels).to.include({ 'job-name': 'build', 'batch.kubernetes.io/controller-uid': 'job-1' })
    expect(status()).to.include({ active: 1, ready: 0, startTime: '2026-01-01T00:00:00Z' })
    expect(run.events()).to.deep.equal([`Normal SuccessfulCreate: Created pod: ${pod!.metadata.name}`])
  })

  it('completes: the pod is counted once, let go, and the Job says so', async () => {
    await start(job())
    await run.setPod(names()[0]!, 'Running')
    expect(status()).to.include({ active: 1, ready: 1 })
    await run.setPod(names()[0]!, 'Succeeded', { exitCode: 0 })
    expect(status()).to.include({ succeeded: 1, ready: 0, terminating: 0, completionTime: '2026-01-01T00:00:00Z' })
    expect(status()).to.not.have.any.keys('active', 'failed')
    expect(status().uncountedTerminatedPods).to.deep.equal({})
    expect(conditions()).to.deep.equal(['SuccessCriteriaMet=True CompletionsReached', 'Complete=True CompletionsReached'])
    expect(run.pods()[0]!.metadata.finalizers).to.deep.equal([])
    expect(run.events().at(-1)).to.equal('Normal Completed: Job completed')
  })

  it('writes the uid down before it takes the finalizer, and the count after', async () => {
    await start(job())
    const before = run.api.writes.length
    await run.setPod(names()[0]!, 'Succeeded', { exitCode: 0 })
    const writes = run.api.writes
      .slice(before + 1)
      .filter(w => w.kind !== 'Event')
      .map(({ verb, kind, body }) => {
        const { uncountedTerminatedPods: u, succeeded } = body as NonNullable<k8s.Job['status']>
        return [verb, kind, ...(kind === 'Job' ? [u?.succeeded?.length ?? 0, succeeded ?? 0] : [])].join(' ')
      })
    expect(writes).to.deep.equal(['updateStatus Job 1 0', 'patch Pod', 'updateStatus Job 0 1'])
  })

  it('counts a pod whose finalizer was taken before a crash, and not twice', async () => {
    const begun = job()
    begun.status = { startTime: '2026-01-01T00:00:00Z', uncountedTerminatedPods: { succeeded: ['pod-1'] } }
    await start(begun)
    expect(status()).to.include({ succeeded: 1 })
    expect(conditions()).to.include('Complete=True CompletionsReached')
    expect(run.pods()).to.have.length(0)
  })

  it('tries again after 10 s, then 20 s, and fails at the limit', async () => {
    await start(job({ backoffLimit: 2 }))
    const fail = () => run.setPod(run.pods().at(-1)!.metadata.name, 'Failed', { exitCode: 3 })
    await fail()
    expect(run.pods()).to.have.length(1)
    await run.later(9_900)
    expect(run.pods()).to.have.length(1)
    await run.later(200)
    expect(run.pods()).to.have.length(2)
    await fail()
    await run.later(19_000)
    expect(run.pods()).to.have.length(2)
    await run.later(2_000)
    expect(run.pods()).to.have.length(3)
    await fail()
    expect(status()).to.include({ failed: 3 })
    expect(conditions()).to.deep.equal(['FailureTarget=True BackoffLimitExceeded', 'Failed=True BackoffLimitExceeded'])
    expect(run.events().at(-1)).to.equal('Warning BackoffLimitExceeded: Job has reached the specified backoff limit')
    expect(new Set(names()).size).to.equal(3)
  })

  it('stops what runs at the deadline, and says Failed only when it has ended', async () => {
    await start(job({ activeDeadlineSeconds: 30 }))
    await run.setPod(names()[0]!, 'Running')
    const pod = run.pods()[0]!
    // A node holds the pod until its containers have ended.
    await run.api.patch({ group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true }, pod.metadata, 'merge', {
      metadata: { finalizers: [...pod.metadata.finalizers!, 'test/node'] },
    })
    await run.later(30_000)
    expect(conditions()).to.deep.equal(['FailureTarget=True DeadlineExceeded'])
    expect(status()).to.include({ terminating: 1, failed: 1 })
    await run.api.patch({ group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true }, pod.metadata, 'merge', {
      metadata: { finalizers: [] },
    })
    await run.settle()
    expect(conditions()).to.deep.equal(['FailureTarget=True DeadlineExceeded', 'Failed=True DeadlineExceeded'])
    expect(status()).to.include({ terminating: 0, failed: 1 })
  })

  it('runs no more than parallelism, and no more than what is missing', async () => {
    await start(job({ completions: 3, parallelism: 2 }))
    expect(names()).to.have.length(2)
    await run.setPod(names()[0]!, 'Succeeded', { exitCode: 0 })
    expect(names()).to.have.length(3)
    await run.setPod(names()[1]!, 'Succeeded', { exitCode: 0 })
    expect(names()).to.have.length(3)
    await run.setPod(names()[2]!, 'Succeeded', { exitCode: 0 })
    expect(status()).to.include({ succeeded: 3 })
    expect(conditions()).to.include('Complete=True CompletionsReached')
  })

  it('stops pods when suspended, without counting them, and starts anew when resumed', async () => {
    await start(job())
    const suspend = (value: boolean) =>
      run.api
        .patch(
          { group: 'batch', version: 'v1', kind: 'Job', resource: 'jobs', namespaced: true },
          { namespace: 'demo', name: 'build' },
          'merge',
          {
            spec: { suspend: value },
          },
        )
        .then(run.settle)
    await suspend(true)
    expect(run.pods()).to.have.length(0)
    expect(conditions()).to.deep.equal(['Suspended=True JobSuspended'])
    await run.later(60_000)
    await suspend(false)
    expect(run.pods()).to.have.length(1)
    expect(status()).to.include({ active: 1, startTime: '2026-01-01T00:01:00Z' })
    expect(status()).to.not.have.any.keys('failed')
    expect(conditions()).to.deep.equal(['Suspended=False JobResumed'])
  })

  it('gives each index of an Indexed Job one pod, with its number in name, label, annotation, host name and variable', async () => {
    await start(job({ completions: 3, parallelism: 3, completionMode: 'Indexed' }))
    const pod = run.pods().find(p => p.metadata.annotations!['batch.kubernetes.io/job-completion-index'] === '1')!
    expect(pod.metadata.name).to.match(/^build-1-/)
    expect(pod.metadata.labels).to.include({ 'batch.kubernetes.io/job-completion-index': '1' })
    expect(pod.spec.hostname).to.equal('build-1')
    expect(pod.spec.containers[0]!.env!.map(e => e.name)).to.deep.equal(['JOB_COMPLETION_INDEX'])
    for (const name of names()) await run.setPod(name, 'Succeeded', { exitCode: 0 })
    expect(status()).to.include({ succeeded: 3, completedIndexes: '0-2' })
    expect(conditions()).to.include('Complete=True CompletionsReached')
  })

  it('fails at once by a FailJob rule, and does not count an ignored failure', async () => {
    const rules = [
      { action: 'FailJob', onExitCodes: { operator: 'In', values: [42] } },
      { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] },
    ]
    await start(job({ podFailurePolicy: { rules } } as Partial<k8s.Job['spec']>))
    await run.setPod(names()[0]!, 'Failed', { exitCode: 42 })
    expect(conditions()).to.deep.equal(['FailureTarget=True PodFailurePolicy', 'Failed=True PodFailurePolicy'])
    expect(status().conditions![1]!.message).to.match(
      /^Container main for pod demo\/build-\w+ failed with exit code 42 matching FailJob rule at index 0$/,
    )
  })

  it('gives an index up after its own limit of failures, and goes on with the others', async () => {
    await start(job({ completions: 2, parallelism: 2, completionMode: 'Indexed', backoffLimitPerIndex: 1, backoffLimit: 100 }))
    const ofIndex = (index: string) =>
      run.pods().filter(p => p.metadata.labels!['batch.kubernetes.io/job-completion-index'] === index)
    await run.setPod(ofIndex('0')[0]!.metadata.name, 'Failed', { exitCode: 1 })
    await run.later(11_000)
    expect(ofIndex('0')).to.have.length(2)
    expect(ofIndex('0')[1]!.metadata.annotations).to.include({ 'batch.kubernetes.io/job-index-failure-count': '1' })
    await run.setPod(ofIndex('0')[1]!.metadata.name, 'Failed', { exitCode: 1 })
    expect(status().failedIndexes).to.equal('0')
    await run.setPod(ofIndex('1')[0]!.metadata.name, 'Succeeded', { exitCode: 0 })
    expect(conditions()).to.include('Failed=True FailedIndexes')
    expect(status()).to.include({ succeeded: 1, failed: 2, completedIndexes: '1' })
  })

  it('ends early by its success policy, and stops the others without counting them', async () => {
    const successPolicy = { rules: [{ succeededIndexes: '0' }] }
    await start(job({ completions: 3, parallelism: 3, completionMode: 'Indexed', successPolicy }))
    await run.setPod(run.pods().find(p => p.metadata.name.startsWith('build-0-'))!.metadata.name, 'Succeeded', { exitCode: 0 })
    expect(conditions()).to.deep.equal(['SuccessCriteriaMet=True SuccessPolicy', 'Complete=True SuccessPolicy'])
    expect(status()).to.include({ succeeded: 1, terminating: 0 })
    expect(status()).to.not.have.any.keys('failed', 'active')
  })

  it('fails when containers that restart in place have done so too often', async () => {
    await start(
      job({
        backoffLimit: 2,
        template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'main', image: 'x' }] } },
      } as Partial<k8s.Job['spec']>),
    )
    const restarted = (restartCount: number) =>
      run.api
        .updateStatus({ group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true }, {
          ...run.pods()[0]!,
          status: { phase: 'Running', containerStatuses: [{ name: 'main', restartCount }] },
        } as k8s.Pod)
        .then(run.settle)
    await restarted(1)
    expect(conditions()).to.deep.equal([])
    await restarted(2)
    expect(conditions()).to.include('Failed=True BackoffLimitExceeded')
    expect(run.pods()).to.have.length(0)
  })

  it('replaces a pod that is being deleted only when it has ended, where it is told to', async () => {
    await start(job({ podReplacementPolicy: 'Failed' }))
    const [first] = run.pods()
    await run.api.delete({ group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true }, first!.metadata)
    await run.settle()
    expect(run.pods()).to.have.length(1)
    expect(status()).to.include({ terminating: 1 })
    await run.setPod(first!.metadata.name, 'Failed', { exitCode: 143 })
    await run.later(11_000)
    expect(run.pods().filter(p => !p.metadata.deletionTimestamp)).to.have.length(1)
    expect(status()).to.include({ failed: 1, active: 1 })
  })

  it('takes the finalizer from the pods of a deleted Job', async () => {
    await start(job())
    await run.api.delete(
      { group: 'batch', version: 'v1', kind: 'Job', resource: 'jobs', namespaced: true },
      { namespace: 'demo', name: 'build' },
    )
    await run.settle()
    expect(run.pods()[0]!.metadata.finalizers).to.deep.equal([])
  })

  it('makes no second pod when the answer to the first creation was lost', async () => {
    run = running([jobReconciler()])
    await run.settle()
    const create = run.api.create
    let lost = false
    run.api.create = (async (kind: never, object: never) => {
      const made = await create(kind, object)
      if (!lost && (made as { kind: string }).kind === 'Pod') {
        lost = true
        throw new StatusError(503, 'ServiceUnavailable', 'the connection was cut')
      }
      return made
    }) as typeof create
    await create({ group: 'batch', version: 'v1', kind: 'Job', resource: 'jobs', namespaced: true }, job())
    await run.later(1000)
    expect(run.pods()).to.have.length(1)
    expect(status()).to.include({ active: 1 })
  })

  it('goes on after conflicts and refused writes', async () => {
    await start(job())
    run.api.failNext('updateStatus', 'Job', conflict('jobs', 'batch', 'build', 'stale'))
    run.api.failNext('patch', 'Pod', conflict('pods', '', 'x', 'stale'))
    const [name] = names()
    run.api.failNext('updateStatus', 'Job', new StatusError(500, 'InternalError', 'disk'))
    const pod = run.pods()[0]!
    await run.api
      .updateStatus({ group: '', version: 'v1', kind: 'Pod', resource: 'pods', namespaced: true }, {
        ...pod,
        status: { phase: 'Succeeded' },
      } as k8s.Pod)
      .then(run.settle)
    for (let i = 0; i < 5; i++) await run.later(1000)
    expect(names()).to.deep.equal([name])
    expect(status()).to.include({ succeeded: 1 })
    expect(conditions()).to.include('Complete=True CompletionsReached')
  })

  it('is deleted when its time to live after the end is over', async () => {
    await start(job({ ttlSecondsAfterFinished: 60 }))
    await run.setPod(names()[0]!, 'Succeeded', { exitCode: 0 })
    await run.later(59_000)
    expect(run.api.all('Job')).to.have.length(1)
    await run.later(1_000)
    expect(run.api.all('Job')).to.have.length(0)
  })
})

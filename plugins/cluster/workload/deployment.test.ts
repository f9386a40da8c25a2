import { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import { type Running, running } from '../running.fixture.ts'
import { deploymentReconciler } from './deployment.ts'
import { replicaSetReconciler } from './replica-set.ts'

const deployment = (spec: Partial<k8s.Deployment['spec']> = {}, image = 'one'): k8s.Deployment =>
  ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'demo', uid: 'deployment-1', generation: 1 },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'main', image }] } },
      ...spec,
    },
  }) as k8s.Deployment

const ref = { namespace: 'demo', name: 'web' }

describe('deployment controller', () => {
  let run: Running
  const start = (...objects: k8s.Deployment[]) => {
    run = running([deploymentReconciler(), replicaSetReconciler()], ...objects)
    return run.settle()
  }
  afterEach(() => run.stop())

  const change = (spec: unknown) => run.api.patch(k8s.Deployment, ref, 'merge', { spec }).then(run.settle)
  const release = (image: string) => change({ template: { spec: { containers: [{ name: 'main', image }] } } })
  const status = () => (run.api.all('Deployment')[0] as k8s.Deployment).status!
  const condition = (type: string) => {
    const found = status().conditions?.find(c => c.type === type)
    return found && `${found.status} ${found.reason}`
  }
  const sets = () => run.api.all('ReplicaSet') as k8s.ReplicaSet[]
  const setOf = (image: string) => sets().find(rs => rs.spec.template!.spec!.containers[0]!.image === image)!
  const live = () => run.pods().filter(p => !p.metadata.deletionTimestamp)
  const ready = async () => {
    for (const pod of live()) if (pod.status?.phase !== 'Running') await run.setPod(pod.metadata.name, 'Running')
  }

  it('makes a ReplicaSet named by the hash of the template, and its pods', async () => {
    await start(deployment())
    const [rs] = sets()
    const hash = rs!.metadata.labels!['pod-template-hash']!
    expect(rs!.metadata.name).to.equal(`web-${hash}`)
    expect(rs!.spec.selector.matchLabels).to.deep.equal({ app: 'web', 'pod-template-hash': hash })
    expect(rs!.metadata.annotations).to.deep.equal({
      'deployment.kubernetes.io/desired-replicas': '2',
      'deployment.kubernetes.io/max-replicas': '3',
      'deployment.kubernetes.io/revision': '1',
    })
    expect(live().map(p => p.metadata.labels!['pod-template-hash'])).to.deep.equal([hash, hash])
    expect(condition('Progressing')).to.match(/^True (NewReplicaSetCreated|ReplicaSetUpdated)$/)
    expect(condition('Available')).to.equal('False MinimumReplicasUnavailable')
    expect(run.events()).to.include(`Normal ScalingReplicaSet: Scaled up replica set web-${hash} from 0 to 2`)
  })

  it('becomes available when its pods are ready, and says what kubectl rollout status reads', async () => {
    await start(deployment())
    await ready()
    expect(status()).to.include({
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: 2,
      availableReplicas: 2,
      observedGeneration: 1,
    })
    expect(condition('Available')).to.equal('True MinimumReplicasAvailable')
    expect(condition('Progressing')).to.equal('True NewReplicaSetAvailable')
  })

  it('rolls to a new template one pod at a time and never has fewer available than wanted', async () => {
    await start(deployment())
    await ready()
    await release('two')
    expect(live()).to.have.length(3)
    expect(setOf('one').spec.replicas).to.equal(2)
    await ready()
    expect([setOf('one').spec.replicas, setOf('two').spec.replicas]).to.deep.equal([1, 2])
    await ready()
    expect([setOf('one').spec.replicas, setOf('two').spec.replicas]).to.deep.equal([0, 2])
    expect(condition('Progressing')).to.equal('True NewReplicaSetAvailable')
    expect((run.api.all('Deployment')[0] as k8s.Deployment).metadata.annotations).to.include({
      'deployment.kubernetes.io/revision': '2',
    })
  })

  it('goes back to the ReplicaSet of an earlier template, under a new revision', async () => {
    await start(deployment())
    await ready()
    for (const image of ['two', 'one']) {
      await release(image)
      for (let i = 0; i < 4; i++) await ready()
    }
    expect(sets()).to.have.length(2)
    expect(setOf('one').spec.replicas).to.equal(2)
    expect(setOf('one').metadata.annotations).to.include({
      'deployment.kubernetes.io/revision': '3',
      'deployment.kubernetes.io/revision-history': '1',
    })
  })

  it('reports a rollout that does not get on', async () => {
    await start(deployment({ progressDeadlineSeconds: 60 }))
    await ready()
    await release('broken')
    await run.later(50_000)
    expect(condition('Progressing')).to.equal('True ReplicaSetUpdated')
    await run.later(15_000)
    expect(condition('Progressing')).to.equal('False ProgressDeadlineExceeded')
    expect(condition('Available')).to.equal('True MinimumReplicasAvailable')
  })

  it('scales the present ReplicaSet, to zero and back, without a new revision', async () => {
    await start(deployment())
    await ready()
    await change({ replicas: 0 })
    expect(live()).to.have.length(0)
    expect(status()).to.not.have.any.keys('replicas', 'availableReplicas')
    await change({ replicas: 1 })
    expect(live()).to.have.length(1)
    expect(sets()).to.have.length(1)
    expect(setOf('one').metadata.annotations).to.include({ 'deployment.kubernetes.io/desired-replicas': '1' })
  })

  it('starts nothing new under Recreate before the last old pod has ended', async () => {
    await start(deployment({ strategy: { type: 'Recreate' } }))
    await ready()
    const [held] = live()
    await run.api.patch(k8s.Pod, held!.metadata, 'merge', { metadata: { finalizers: ['test/node'] } })
    await release('two')
    expect(setOf('one').spec.replicas).to.equal(0)
    expect(setOf('two')).to.equal(undefined)
    await run.api.patch(k8s.Pod, held!.metadata, 'merge', { metadata: { finalizers: [] } })
    await run.settle()
    expect(setOf('two').spec.replicas).to.equal(2)
    expect(live()).to.have.length(2)
  })

  it('rolls nothing out while paused, but scales', async () => {
    await start(deployment())
    await ready()
    await change({ paused: true })
    await release('two')
    expect(sets()).to.have.length(1)
    expect(condition('Progressing')).to.equal('Unknown DeploymentPaused')
    await change({ replicas: 3 })
    expect(live()).to.have.length(3)
    await change({ paused: false })
    expect(sets()).to.have.length(2)
  })

  it('keeps no more old ReplicaSets than revisionHistoryLimit', async () => {
    await start(deployment({ revisionHistoryLimit: 1 }))
    for (const image of ['two', 'three', 'four']) {
      await ready()
      await release(image)
      for (let i = 0; i < 4; i++) await ready()
    }
    expect(
      sets()
        .map(rs => rs.spec.template!.spec!.containers[0]!.image)
        .sort(),
    ).to.deep.equal(['four', 'three'])
  })

  it('spreads a change of size in the middle of a rollout over both ReplicaSets', async () => {
    await start(
      deployment({ replicas: 10, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } } }),
    )
    await ready()
    await release('two')
    expect([setOf('one').spec.replicas, setOf('two').spec.replicas]).to.deep.equal([8, 5])
    await change({ replicas: 20 })
    expect(setOf('one').spec.replicas! + setOf('two').spec.replicas!).to.equal(23)
    expect(setOf('two').spec.replicas).to.be.greaterThan(5)
    expect(setOf('one').spec.replicas).to.be.greaterThan(8)
  })

  it('adopts pods that match and have no controller, and releases those that match no longer', async () => {
    await start(deployment({ replicas: 1 }))
    const [rs] = sets()
    const [pod] = live()
    const labels = pod!.metadata.labels!
    await run.api.patch(k8s.Pod, pod!.metadata, 'merge', { metadata: { labels: { app: 'debug' } } })
    await run.settle()
    expect(live()).to.have.length(2)
    expect(live().find(p => p.metadata.name === pod!.metadata.name)!.metadata.ownerReferences).to.deep.equal([])
    const other = live().find(p => p.metadata.name !== pod!.metadata.name)!
    await run.api.patch(k8s.Pod, pod!.metadata, 'merge', { metadata: { labels } })
    await run.settle()
    expect(live()).to.have.length(1)
    expect([pod!.metadata.name, other.metadata.name]).to.include(live()[0]!.metadata.name)
    expect(live()[0]!.metadata.ownerReferences![0]!.name).to.equal(rs!.metadata.name)
  })

  it('writes nothing when nothing changes', async () => {
    await start(deployment())
    await ready()
    const before = run.api.writes.length
    await run.later(3_600_000)
    expect(run.api.writes.length).to.equal(before)
  })
})

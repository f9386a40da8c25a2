import { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import { type Running, running } from '../running.fixture.ts'
import { daemonSetReconciler } from './daemon-set.ts'
import { statefulSetReconciler } from './stateful-set.ts'

const template = (image = 'one') => ({ metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'main', image }] } })
const selector = { matchLabels: { app: 'db' } }
const statefulSet = (spec: Partial<k8s.StatefulSet['spec']> = {}) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'demo', uid: 'set-1', generation: 1 },
    spec: { replicas: 3, serviceName: 'db', selector, template: template(), ...spec },
  }) as k8s.StatefulSet
const daemonSet = (spec: Partial<k8s.DaemonSet['spec']> = {}) =>
  ({
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'agent', namespace: 'demo', uid: 'set-2', generation: 1 },
    spec: { selector, template: template(), ...spec },
  }) as k8s.DaemonSet
const node = (name: string, labels: Record<string, string> = {}, taints: object[] = []) =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name, uid: `node-${name}`, labels }, spec: { taints } }) as k8s.Node

describe('statefulset controller', () => {
  let run: Running
  const start = (...objects: k8s.StatefulSet[]) => {
    run = running([statefulSetReconciler()], ...objects)
    return run.settle()
  }
  afterEach(() => run.stop())
  const names = () =>
    run
      .pods()
      .map(p => p.metadata.name)
      .sort()
  const change = (spec: unknown) =>
    run.api.patch(k8s.StatefulSet, { namespace: 'demo', name: 'db' }, 'merge', { spec }).then(run.settle)
  const status = () => (run.api.all('StatefulSet')[0] as k8s.StatefulSet).status!

  it('starts its pods one after the other, each when the one before is ready', async () => {
    await start(statefulSet())
    expect(names()).to.deep.equal(['db-0'])
    await run.setPod('db-0', 'Running', { ready: false })
    expect(names()).to.deep.equal(['db-0'])
    await run.setPod('db-0', 'Running')
    expect(names()).to.deep.equal(['db-0', 'db-1'])
    await run.setPod('db-1', 'Running')
    await run.setPod('db-2', 'Running')
    expect(status()).to.include({ replicas: 3, readyReplicas: 3, currentReplicas: 3, updatedReplicas: 3, observedGeneration: 1 })
    expect(run.pods()[0]!.spec).to.include({ hostname: 'db-0', subdomain: 'db' })
  })

  it('starts all at once when it may', async () => {
    await start(statefulSet({ podManagementPolicy: 'Parallel' }))
    expect(names()).to.deep.equal(['db-0', 'db-1', 'db-2'])
  })

  it('ends the highest first, and brings a lost one back under its name', async () => {
    await start(statefulSet({ podManagementPolicy: 'Parallel' }))
    for (const name of names()) await run.setPod(name, 'Running')
    await run.api.delete(k8s.Pod, { namespace: 'demo', name: 'db-1' })
    await run.settle()
    expect(names()).to.deep.equal(['db-0', 'db-1', 'db-2'])
    await run.setPod('db-1', 'Running')
    await change({ replicas: 1 })
    expect(names()).to.deep.equal(['db-0'])
  })

  it('replaces pods from the highest down to the partition', async () => {
    await start(statefulSet({ podManagementPolicy: 'Parallel', updateStrategy: { rollingUpdate: { partition: 1 } } }))
    for (const name of names()) await run.setPod(name, 'Running')
    await change({ template: template('two') })
    const images = () => Object.fromEntries(run.pods().map(p => [p.metadata.name, p.spec.containers[0]!.image]))
    expect(images()).to.deep.equal({ 'db-0': 'one', 'db-1': 'one', 'db-2': 'two' })
    await run.setPod('db-2', 'Running')
    expect(images()).to.deep.equal({ 'db-0': 'one', 'db-1': 'two', 'db-2': 'two' })
    await run.setPod('db-1', 'Running')
    expect(images()).to.deep.equal({ 'db-0': 'one', 'db-1': 'two', 'db-2': 'two' })
    expect(status()).to.include({ updatedReplicas: 2, currentReplicas: 1 })
  })

  it('says that claims are not provisioned, and runs with volumes that do not last', async () => {
    await start(statefulSet({ volumeClaimTemplates: [{ metadata: { name: 'data' } }] } as Partial<k8s.StatefulSet['spec']>))
    expect(run.pods()[0]!.spec.volumes).to.deep.equal([{ name: 'data', emptyDir: {} }])
    expect(run.events().some(e => e.startsWith('Warning VolumeClaimsIgnored'))).to.equal(true)
  })
})

describe('daemonset controller', () => {
  let run: Running
  const start = (...objects: (k8s.DaemonSet | k8s.Node)[]) => {
    run = running([daemonSetReconciler()], ...objects)
    return run.settle()
  }
  afterEach(() => run.stop())
  const nodes = () =>
    run
      .pods()
      .map(p => p.spec.nodeName)
      .sort()
  const status = () => (run.api.all('DaemonSet')[0] as k8s.DaemonSet).status!

  it('has one pod on each node that fits, also on those that come later', async () => {
    const spec = { ...template().spec, nodeSelector: { disk: 'ssd' } }
    await start(
      daemonSet({ template: { ...template(), spec } }),
      node('a', { disk: 'ssd' }),
      node('b'),
      node('c', { disk: 'ssd' }, [{ key: 'dedicated', value: 'x', effect: 'NoSchedule' }]),
      node('d', { disk: 'ssd' }, [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]),
    )
    expect(nodes()).to.deep.equal(['a', 'd'])
    await run.api.create(k8s.Node, node('e', { disk: 'ssd' }))
    await run.settle()
    expect(nodes()).to.deep.equal(['a', 'd', 'e'])
    for (const pod of run.pods()) await run.setPod(pod.metadata.name, 'Running')
    expect(status()).to.include({
      desiredNumberScheduled: 3,
      currentNumberScheduled: 3,
      numberReady: 3,
      numberAvailable: 3,
      numberMisscheduled: 0,
    })
  })

  it('replaces pods one node at a time', async () => {
    await start(daemonSet(), node('a'), node('b'))
    for (const pod of run.pods()) await run.setPod(pod.metadata.name, 'Running')
    await run.api.patch(k8s.DaemonSet, { namespace: 'demo', name: 'agent' }, 'merge', { spec: { template: template('two') } })
    await run.settle()
    const images = () =>
      run
        .pods()
        .map(p => p.spec.containers[0]!.image)
        .sort()
    expect(images()).to.deep.equal(['one', 'two'])
    const fresh = run.pods().find(p => p.spec.containers[0]!.image === 'two')!
    await run.setPod(fresh.metadata.name, 'Running')
    expect(images()).to.deep.equal(['two', 'two'])
  })

  it('starts a pod that failed anew, not at once', async () => {
    await start(daemonSet(), node('a'))
    const [first] = run.pods()
    await run.setPod(first!.metadata.name, 'Failed', { exitCode: 1 })
    expect(run.pods().map(p => p.metadata.name)).to.deep.equal([first!.metadata.name])
    await run.later(10_000)
    expect(run.pods()).to.have.length(1)
    expect(run.pods()[0]!.metadata.name).to.not.equal(first!.metadata.name)
  })
})

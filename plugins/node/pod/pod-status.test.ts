import { expect } from 'chai'
import { podOf, shell } from '../testing/node-fixture.ts'
import { containersOf } from './pod-containers.ts'
import { type ContainerState, newContainerState, newPodState, type PodState } from './pod-state.ts'
import { podStatus } from './pod-status.ts'
import { oomScoreAdj, podRequests, qosClass, resourcesOf } from './qos-class.ts'
import { statusPatch } from './status-writer.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
const running: Partial<ContainerState> = { phase: 'running', attempt: 0, id: 'x', startedAt: now, started: true, ready: true }
const over = (exitCode: number): Partial<ContainerState> => ({
  phase: 'exited',
  attempt: 0,
  id: 'x',
  startedAt: now,
  ended: { id: 'runc://x', exitCode, reason: exitCode ? 'Error' : 'Completed', finishedAt: now },
})
const spec = { initContainers: [shell('i', '')], containers: [shell('a', '')] }

const cases: {
  name: string
  containers: Record<string, Partial<ContainerState>>
  state?: Partial<PodState>
  backingOff?: Record<string, number>
  phase: string
  ready: string
  shows: Record<string, string>
}[] = [
  {
    name: 'nothing yet',
    containers: {},
    state: { sandbox: 'none' },
    phase: 'Pending',
    ready: 'False/ContainersNotReady',
    shows: { i: 'PodInitializing', a: 'PodInitializing' },
  },
  {
    name: 'the init container is being started',
    containers: { i: { phase: 'starting', attempt: 0 } },
    phase: 'Pending',
    ready: 'False/ContainersNotReady',
    shows: { i: 'ContainerCreating', a: 'PodInitializing' },
  },
  {
    name: 'main is being started',
    containers: { i: over(0), a: { phase: 'starting', attempt: 0 } },
    phase: 'Pending',
    ready: 'False/ContainersNotReady',
    shows: { i: 'Completed', a: 'ContainerCreating' },
  },
  {
    name: 'running and ready',
    containers: { i: over(0), a: running },
    phase: 'Running',
    ready: 'True/',
    shows: { a: 'running' },
  },
  {
    name: 'running, not ready',
    containers: { i: over(0), a: { ...running, ready: false } },
    phase: 'Running',
    ready: 'False/ContainersNotReady',
    shows: { a: 'running' },
  },
  {
    name: 'between restarts',
    containers: { i: over(0), a: { ...over(1), crash: { ms: 80_000, at: now } } },
    backingOff: { a: now + 1 },
    phase: 'Running',
    ready: 'False/ContainersNotReady',
    shows: { a: 'CrashLoopBackOff' },
  },
  {
    name: 'a pull that failed',
    containers: { i: over(0), a: { problem: { reason: 'ImagePullBackOff', message: 'why' } } },
    phase: 'Pending',
    ready: 'False/ContainersNotReady',
    shows: { a: 'ImagePullBackOff' },
  },
  {
    name: 'succeeded',
    containers: { i: over(0), a: over(0) },
    state: { final: { phase: 'Succeeded' } },
    phase: 'Succeeded',
    ready: 'False/PodCompleted',
    shows: { a: 'Completed' },
  },
  {
    name: 'failed',
    containers: { i: over(0), a: over(1) },
    state: { final: { phase: 'Failed' } },
    phase: 'Failed',
    ready: 'False/PodFailed',
    shows: { a: 'Error' },
  },
  {
    name: 'ended, but a container still runs',
    containers: { i: over(0), a: running },
    state: { final: { phase: 'Failed' } },
    phase: 'Running',
    ready: 'True/',
    shows: { a: 'running' },
  },
]

describe("a pod's status", () => {
  for (const { name, containers, state, backingOff = {}, phase, ready, shows } of cases)
    it(name, () => {
      const pod = podOf('p', spec)
      const full: PodState = {
        ...newPodState(
          containersOf(pod.spec).map(c => c.spec.name),
          now,
        ),
        sandbox: 'ready',
        ...state,
      }
      for (const [key, c] of Object.entries(containers)) full.containers[key] = { ...newContainerState(), ...c }
      const status = podStatus(pod, full, { hostIP: '10.0.0.1', runtime: 'runc', backingOff, now })
      const condition = status.conditions?.find(c => c.type === 'Ready')
      const all = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
      const shown = Object.fromEntries(
        all.map(c => [c.name, c.state?.running ? 'running' : (c.state?.waiting?.reason ?? c.state?.terminated?.reason)]),
      )
      expect({ phase: status.phase, ready: `${condition?.status}/${condition?.reason ?? ''}` }).to.deep.equal({ phase, ready })
      expect(shown).to.include(shows)
    })

  it('moves a time only when the status changes', () => {
    const pod = podOf('p', { containers: [shell('a', '')] })
    const state: PodState = {
      ...newPodState(['a'], now),
      sandbox: 'ready',
      containers: { a: { ...newContainerState(), ...running } },
    }
    const facts = { hostIP: '', runtime: 'runc', backingOff: {} }
    pod.status = podStatus(pod, state, { ...facts, now })
    const later = podStatus(pod, state, { ...facts, now: now + 60_000 })
    expect(later.conditions).to.deep.equal(pod.status.conditions)
    state.containers.a!.ready = false
    const moved = podStatus(pod, state, { ...facts, now: now + 60_000 }).conditions!
    expect(moved.filter(c => c.lastTransitionTime === '2026-01-01T00:01:00Z').map(c => c.type)).to.deep.equal([
      'Ready',
      'ContainersReady',
    ])
  })
})

describe('resources', () => {
  const container = (requests?: Record<string, string>, limits?: Record<string, string>) =>
    shell('a', '', { resources: { requests, limits } })
  for (const { name, containers, want } of [
    { name: 'nothing said', containers: [container()], want: 'BestEffort' },
    { name: 'requests', containers: [container({ cpu: '1' })], want: 'Burstable' },
    {
      name: 'limits alone count as requests',
      containers: [container(undefined, { cpu: '1', memory: '1Gi' })],
      want: 'Guaranteed',
    },
    { name: 'one of two', containers: [container(undefined, { cpu: '1', memory: '1Gi' }), container()], want: 'Burstable' },
    {
      name: 'requests below limits',
      containers: [container({ cpu: '500m', memory: '1Gi' }, { cpu: '1', memory: '1Gi' })],
      want: 'Burstable',
    },
  ])
    it(`quality of service: ${name}`, () => expect(qosClass({ containers })).to.equal(want))

  it('become shares, quota and limit', () => {
    expect(resourcesOf(container({ cpu: '250m' }, { cpu: '1500m', memory: '64Mi' }), 100)).to.deep.equal({
      cpuShares: 256,
      cpuLimit: 1.5,
      memoryLimit: 64 << 20,
      pidsLimit: 100,
    })
    expect(resourcesOf(container(), 100)).to.deep.equal({ cpuShares: 2, pidsLimit: 100 })
    expect(oomScoreAdj({ containers: [container()] }, container(), 1 << 30)).to.equal(1000)
  })
  it('of a pod are the most it needs at once', () => {
    const spec = {
      initContainers: [
        container({ cpu: '3' }),
        shell('s', '', { restartPolicy: 'Always', resources: { requests: { cpu: '1' } } }),
      ],
      containers: [container({ cpu: '1' }), container({ memory: '1Gi' })],
    }
    expect(podRequests(spec)).to.deep.equal({ cpu: 4, memory: 1 << 30 })
  })
})

describe('the patch of a status', () => {
  it('takes back what is no longer so', () => {
    const patch = statusPatch('u', { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], podIPs: [{ ip: '1' }] })
    expect(patch).to.deep.equal({
      metadata: { uid: 'u' },
      status: {
        phase: 'Running',
        reason: null,
        message: null,
        podIP: null,
        conditions: [{ type: 'Ready', status: 'True', reason: null, message: null }],
        podIPs: [{ ip: '1' }, { $patch: 'replace' }],
        hostIPs: undefined,
      },
    })
  })
})

import type { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import fc from 'fast-check'
import { podOf, shell } from '../testing/node-fixture.ts'
import { type Action, decide, graceLeft } from './decide.ts'
import { containersOf } from './pod-containers.ts'
import { type ContainerState, newContainerState, newPodState, nextBackoff, type PodState } from './pod-state.ts'

const now = Date.parse('2026-01-01T00:00:00Z')
type Partials = Record<string, Partial<ContainerState>>
const ended = (exitCode: number, finishedAt = now): Partial<ContainerState> => ({
  phase: 'exited',
  attempt: 0,
  ended: { id: 'x', exitCode, reason: 'Error', finishedAt },
})
const running: Partial<ContainerState> = { phase: 'running', attempt: 0, id: 'x', started: true, ready: true }
const starting: Partial<ContainerState> = { phase: 'starting', attempt: 0 }

function stateOf(pod: k8s.Pod, containers: Partials, more: Partial<PodState> = {}): PodState {
  const state = newPodState(
    containersOf(pod.spec).map(c => c.spec.name),
    now,
  )
  for (const [name, c] of Object.entries(containers)) state.containers[name] = { ...newContainerState(), ...c }
  return { ...state, sandbox: 'ready', ...more }
}
/** `start a#1`, `stop a 5s`, `end Failed`, … */
const say = (action: Action): string =>
  action.do === 'start'
    ? `start ${action.container}#${action.attempt}`
    : action.do === 'stop'
      ? `stop ${action.container} ${action.graceSeconds}s`
      : action.do === 'end'
        ? `end ${action.phase}${action.reason ? ` ${action.reason}` : ''}`
        : action.do

const one = { containers: [shell('a', '')] }
const two = { containers: [shell('a', ''), shell('b', '')] }
const inits = { initContainers: [shell('i', ''), shell('j', '')], containers: [shell('a', '')] }
const sidecar = { initContainers: [shell('s', '', { restartPolicy: 'Always' })], containers: [shell('a', '')] }
const deleted = { deletionTimestamp: '2026-01-01T00:00:05Z', deletionGracePeriodSeconds: 5 }

interface Case {
  name: string
  spec: Partial<k8s.PodSpec>
  containers?: Partials
  state?: Partial<PodState>
  metadata?: Partial<k8s.Pod['metadata']>
  want: string[]
  wakeIn?: number
}
const cases: Case[] = [
  { name: 'a new pod gets its sandbox', spec: one, state: { sandbox: 'none' }, want: ['makeSandbox'] },
  {
    name: 'a sandbox that failed waits',
    spec: one,
    state: { sandbox: 'none', sandboxRetryAt: now + 2000 },
    want: [],
    wakeIn: 2000,
  },
  { name: 'while the sandbox is made, nothing', spec: one, state: { sandbox: 'making' }, want: [] },
  { name: 'all main containers start at once', spec: two, want: ['start a#0', 'start b#0'] },
  { name: 'what is starting is not started again', spec: two, containers: { a: starting }, want: ['start b#0'] },
  { name: 'init containers one after the other: first', spec: inits, want: ['start i#0'] },
  { name: 'init containers: the second after the first', spec: inits, containers: { i: ended(0) }, want: ['start j#0'] },
  { name: 'init containers: main after all', spec: inits, containers: { i: ended(0), j: ended(0) }, want: ['start a#0'] },
  { name: 'a failed init container starts again', spec: inits, containers: { i: ended(1) }, want: ['start i#1'] },
  {
    name: 'a failed init container ends the pod under Never',
    spec: { ...inits, restartPolicy: 'Never' },
    containers: { i: ended(1) },
    want: ['end Failed'],
  },
  { name: 'a sidecar before main', spec: sidecar, want: ['start s#0'] },
  {
    name: 'main waits for the sidecar to be started',
    spec: sidecar,
    containers: { s: { ...running, started: false } },
    want: [],
  },
  { name: 'main starts beside the sidecar', spec: sidecar, containers: { s: running }, want: ['start a#0'] },
  {
    name: 'a sidecar restarts whatever the policy, and main runs on',
    spec: { ...sidecar, restartPolicy: 'Never' },
    containers: { s: ended(0), a: running },
    want: ['start s#1'],
  },
  {
    name: 'a restarting sidecar does not hold up main',
    spec: sidecar,
    containers: { s: starting, a: ended(1) },
    want: ['start a#1'],
  },
  { name: 'first restart at once', spec: one, containers: { a: ended(1) }, want: ['start a#1'] },
  {
    name: 'then after ten seconds',
    spec: one,
    containers: { a: { ...ended(1), crash: { ms: 10_000, at: now } } },
    want: [],
    wakeIn: 10_000,
  },
  {
    name: 'back-off is forgotten after ten quiet minutes',
    spec: one,
    containers: { a: { ...ended(1), crash: { ms: 300_000, at: now - 600_001 } } },
    want: ['start a#1'],
  },
  { name: 'Always restarts also what succeeded', spec: one, containers: { a: ended(0) }, want: ['start a#1'] },
  {
    name: 'OnFailure does not',
    spec: { ...one, restartPolicy: 'OnFailure' },
    containers: { a: ended(0) },
    want: ['end Succeeded'],
  },
  {
    name: 'OnFailure restarts what failed',
    spec: { ...one, restartPolicy: 'OnFailure' },
    containers: { a: ended(2) },
    want: ['start a#1'],
  },
  {
    name: 'Never: one failed, one runs',
    spec: { ...two, restartPolicy: 'Never' },
    containers: { a: ended(2), b: running },
    want: [],
  },
  {
    name: 'Never: all over',
    spec: { ...two, restartPolicy: 'Never' },
    containers: { a: ended(2), b: ended(0) },
    want: ['end Failed'],
  },
  {
    name: 'a problem waits for its time',
    spec: one,
    containers: { a: { phase: 'waiting', retryAt: now + 1, problem: { reason: 'ErrImagePull', message: '' } } },
    want: [],
    wakeIn: 1,
  },
  {
    name: 'an unhealthy container is stopped',
    spec: one,
    containers: { a: { ...running, unhealthy: { reason: 'Unhealthy', message: '' } } },
    want: ['stop a 5s'],
  },
  {
    name: 'but only once',
    spec: one,
    containers: { a: { ...running, stopping: true, unhealthy: { reason: 'Unhealthy', message: '' } } },
    want: [],
  },
  {
    name: 'deletion stops all main containers',
    spec: two,
    metadata: deleted,
    containers: { a: running, b: running },
    want: ['stop a 5s', 'stop b 5s'],
  },
  { name: 'deletion waits for what is starting', spec: one, metadata: deleted, containers: { a: starting }, want: [] },
  {
    name: 'deletion: sidecars after main',
    spec: sidecar,
    metadata: deleted,
    containers: { s: running, a: { ...running, stopping: true } },
    want: [],
  },
  {
    name: 'deletion: then the sidecar',
    spec: sidecar,
    metadata: deleted,
    containers: { s: running, a: ended(0) },
    want: ['stop s 5s'],
  },
  {
    name: 'deletion: then the end is written',
    spec: one,
    metadata: deleted,
    containers: { a: ended(0) },
    want: ['end Succeeded'],
  },
  {
    name: 'deletion: then the sandbox goes',
    spec: one,
    metadata: deleted,
    containers: { a: ended(0) },
    state: { final: { phase: 'Succeeded' } },
    want: ['removeSandbox'],
  },
  {
    name: 'deletion: then the pod',
    spec: one,
    metadata: deleted,
    containers: { a: ended(0) },
    state: { final: { phase: 'Succeeded' }, sandbox: 'removed' },
    want: ['finish'],
  },
  {
    name: 'a pod that never ran is deleted too',
    spec: one,
    metadata: deleted,
    state: { final: { phase: 'Failed' }, sandbox: 'none' },
    want: ['finish'],
  },
  { name: 'a pod that is gone from the API', spec: one, containers: { a: running }, state: { gone: true }, want: ['stop a 5s'] },
  {
    name: 'an ended pod keeps its object, not its sandbox',
    spec: one,
    containers: { a: ended(0) },
    state: { final: { phase: 'Succeeded' } },
    want: ['removeSandbox'],
  },
  {
    name: 'and then nothing',
    spec: one,
    containers: { a: ended(0) },
    state: { final: { phase: 'Succeeded' }, sandbox: 'removed' },
    want: [],
  },
  {
    name: 'a deadline to come',
    spec: { ...one, activeDeadlineSeconds: 60 },
    containers: { a: running },
    want: [],
    wakeIn: 60_000,
  },
  {
    name: 'a deadline passed',
    spec: { ...one, activeDeadlineSeconds: 60 },
    containers: { a: running },
    state: { startTime: now - 60_000 },
    want: ['stop a 5s'],
  },
  {
    name: 'a deadline passed, all over',
    spec: { ...one, activeDeadlineSeconds: 60 },
    containers: { a: ended(0) },
    state: { startTime: now - 60_000 },
    want: ['end Failed DeadlineExceeded'],
  },
]

describe('what to do next for a pod', () => {
  for (const { name, spec, containers = {}, state, metadata, want, wakeIn } of cases)
    it(name, () => {
      const base = podOf('p', spec)
      const pod = { ...base, metadata: { ...base.metadata, ...metadata } }
      const decision = decide(pod, stateOf(pod, containers, state), now)
      expect(decision.actions.map(say)).to.deep.equal(want)
      expect(decision.wakeAt === undefined ? undefined : decision.wakeAt - now).to.equal(wakeIn)
    })

  it('doubles the wait between restarts to five minutes', () => {
    const waits: number[] = []
    let backoff = nextBackoff(undefined, now)
    for (let i = 0; i < 8; i++) {
      waits.push(backoff.ms / 1000)
      backoff = nextBackoff(backoff, now)
    }
    expect(waits).to.deep.equal([10, 20, 40, 80, 160, 300, 300, 300])
  })

  it('gives what is left of the grace after a restart of the node', () => {
    const pod = { ...podOf('p', one), metadata: { name: 'p', ...deleted } }
    expect([graceLeft(pod, now), graceLeft(pod, now + 3000), graceLeft(pod, now + 60_000)]).to.deep.equal([5, 2, 1])
  })

  it('always comes to an end: whatever the states, a deleted pod is finished when each action succeeds', () => {
    const phase = fc.constantFrom<Partial<ContainerState>>(running, ended(0), ended(1), { phase: 'waiting' })
    fc.assert(
      fc.property(
        phase,
        phase,
        phase,
        fc.constantFrom('Always', 'OnFailure', 'Never'),
        fc.constantFrom<PodState['sandbox']>('none', 'ready'),
        (s, a, b, restartPolicy, sandbox) => {
          const base = podOf('p', {
            restartPolicy,
            initContainers: [shell('s', '', { restartPolicy: 'Always' })],
            containers: [shell('a', ''), shell('b', '')],
          })
          const pod = { ...base, metadata: { ...base.metadata, ...deleted } }
          const state = stateOf(pod, { s, a, b }, { sandbox })
          for (let step = 0; step < 20; step++) {
            const { actions } = decide(pod, state, now)
            if (actions[0]?.do === 'finish') return true
            if (!actions.length) return false
            for (const action of actions) {
              if (action.do === 'stop') Object.assign(state.containers[action.container]!, ended(137))
              else if (action.do === 'end') state.final = { phase: action.phase }
              else if (action.do === 'removeSandbox') state.sandbox = 'removed'
              else return false
            }
          }
          return false
        },
      ),
    )
  })
})

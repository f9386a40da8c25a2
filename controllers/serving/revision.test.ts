import type { k8s } from '@slipway/core/api'
import type { SeededChild } from '@slipway/core/runtime'
import { expect } from 'chai'
import { desiredRevision, type RevisionView } from './revision.desired.ts'
import { config, now, ready, revision, shortly } from './testing.ts'

const images = { pinned: new Map([['user-container', 'reg/app@sha256:abc']]) }
const view = (more: Partial<RevisionView> = {}): RevisionView => ({
  revision: revision('hello-00001', 1),
  images,
  deployment: undefined,
  autoscaler: undefined,
  pods: [],
  config,
  ...more,
})
const pod = (state: object, more: object = {}) =>
  ({
    metadata: { name: 'p' },
    status: {
      containerStatuses: [{ name: 'user-container', ready: false, restartCount: 0, image: '', imageID: '', state, ...more }],
    },
  }) as unknown as k8s.Pod
const deployment = (status: object) => ({ status }) as k8s.Deployment
const deploymentIn = (seen: RevisionView) => (desiredRevision(seen, now).children![0] as SeededChild).object as k8s.Deployment

const states = [
  { name: 'just made', seen: view(), want: 'Unknown Deploying' },
  { name: 'a pod is available', seen: view({ deployment: deployment({ availableReplicas: 1 }) }), want: 'True' },
  {
    name: 'at zero after it was ready',
    seen: view({
      revision: {
        ...revision('hello-00001', 1),
        status: {
          conditions: [
            ...ready('True'),
            { type: 'ResourcesAvailable', status: 'True' },
            { type: 'ContainerHealthy', status: 'True' },
          ],
        },
      } as never,
    }),
    want: 'True',
  },
  {
    name: 'the image cannot be found',
    seen: view({ images: { problem: 'Unable to fetch image "x": not found' } }),
    want: 'False ContainerMissing',
  },
  {
    name: 'the program ends with 1',
    seen: view({
      pods: [pod({ waiting: { reason: 'CrashLoopBackOff' } }, { lastState: { terminated: { exitCode: 1, message: 'boom' } } })],
    }),
    want: 'False ExitCode1',
  },
  {
    name: 'the image cannot be pulled',
    seen: view({ pods: [pod({ waiting: { reason: 'ImagePullBackOff', message: 'no' } })] }),
    want: 'False ImagePullBackOff',
  },
  {
    name: 'it never listens',
    seen: view({
      pods: [pod({ running: {} })],
      deployment: deployment({ conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] }),
    }),
    want: 'False ProgressDeadlineExceeded',
  },
]

describe('desiredRevision', () => {
  for (const { name, seen, want } of states)
    it(`${name}: Ready ${want}`, () => expect(shortly(desiredRevision(seen, now).status?.conditions).Ready).to.equal(want))

  it('says the last words of a program that crashed', () => {
    const { status } = desiredRevision(
      view({ pods: [pod({ terminated: { exitCode: 3, message: 'Error: no database\n' } })] }),
      now,
    )
    expect(status?.conditions?.find(c => c.type === 'Ready')?.message).to.equal('Container failed with: Error: no database')
  })

  it('tells the program its port and its names', () => {
    const [container] = deploymentIn(view()).spec.template.spec!.containers
    const env = Object.fromEntries(container!.env!.map(e => [e.name, e.value]))
    expect(env).to.deep.equal({ PORT: '8080', K_REVISION: 'hello-00001', K_CONFIGURATION: 'hello', K_SERVICE: 'hello' })
    expect(container).to.include({ image: 'reg/app@sha256:abc' })
  })

  it('asks the port that the container has', () => {
    const own = revision('hello-00001', 1)
    own.spec.containers = [
      { name: 'user-container', image: 'x', ports: [{ containerPort: 9000 }], readinessProbe: { tcpSocket: { port: 0 } } },
    ]
    const [container] = deploymentIn(view({ revision: own })).spec.template.spec!.containers
    expect(container!.readinessProbe!.tcpSocket!.port).to.equal(9000)
  })

  it('sets the replicas only when it makes the Deployment', () => {
    const child = desiredRevision(view(), now).children![0] as SeededChild
    expect(child.initially).to.deep.equal({ spec: { replicas: 1 } })
    expect((child.object as k8s.Deployment).spec.replicas).to.equal(undefined)
  })

  it('makes nothing before its images are pinned', () =>
    expect(desiredRevision(view({ images: { pending: true } }), now).children).to.deep.equal([]))
})

import type { KubeObject } from '@slipway/core/api'
import { expect } from 'chai'
import { builtinResources } from '../builtin/registry.ts'
import { servedFromCrd } from '../crd/served.ts'
import type { ServedResource } from '../served-resource.ts'
import { toTable } from './table.ts'

const now = Date.parse('2026-01-02T00:00:00Z')
const metadata = { name: 'x', namespace: 'd', creationTimestamp: '2026-01-01T23:55:00Z' }
const all = builtinResources()
const find = (kind: string, group = ''): ServedResource => all.find(r => r.kind === kind && r.group === group)!

/** The cells that `kubectl get` shows, without `-o wide`. */
function shown(resource: ServedResource, object: object): unknown[] {
  const table = toTable(resource, [{ metadata, ...object } as unknown as KubeObject], { now })
  return table.rows[0]!.cells.filter((_, i) => table.columnDefinitions[i]!.priority === 0)
}

const terminated = (more: object) => ({ state: { terminated: { exitCode: 0, ...more } } })
const status = (name: string, more: object) => ({ name, ready: false, restartCount: 0, ...more })

describe('tables of pods', () => {
  const main = { name: 'm', image: 'i' }
  const running = status('m', { ready: true, state: { running: {} } })
  const pod = (spec: object, podStatus: object, more: object = {}) => ({
    ...more,
    spec: { containers: [main], ...spec },
    status: podStatus,
  })
  const cases: [name: string, object: object, want: unknown[]][] = [
    ['pending', pod({}, { phase: 'Pending' }), ['x', '0/1', 'Pending', '0', '5m']],
    ['running', pod({}, { phase: 'Running', containerStatuses: [running] }), ['x', '1/1', 'Running', '0', '5m']],
    [
      'restarted an hour ago',
      pod(
        {},
        {
          phase: 'Running',
          containerStatuses: [{ ...running, restartCount: 3, lastState: { terminated: { finishedAt: '2026-01-01T23:00:00Z' } } }],
        },
      ),
      ['x', '1/1', 'Running', '3 (60m ago)', '5m'],
    ],
    [
      'crashing',
      pod(
        {},
        {
          phase: 'Running',
          containerStatuses: [status('m', { restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff' } } })],
        },
      ),
      ['x', '0/1', 'CrashLoopBackOff', '2', '5m'],
    ],
    [
      'without its image',
      pod({}, { phase: 'Pending', containerStatuses: [status('m', { state: { waiting: { reason: 'ImagePullBackOff' } } })] }),
      ['x', '0/1', 'ImagePullBackOff', '0', '5m'],
    ],
    [
      'completed',
      pod({}, { phase: 'Succeeded', containerStatuses: [status('m', terminated({ reason: 'Completed' }))] }),
      ['x', '0/1', 'Completed', '0', '5m'],
    ],
    [
      'ended without a reason',
      pod({}, { phase: 'Failed', containerStatuses: [status('m', terminated({ exitCode: 3 }))] }),
      ['x', '0/1', 'ExitCode:3', '0', '5m'],
    ],
    [
      'killed by a signal',
      pod({}, { phase: 'Failed', containerStatuses: [status('m', terminated({ exitCode: 137, signal: 9 }))] }),
      ['x', '0/1', 'Signal:9', '0', '5m'],
    ],
    [
      'one of two done',
      pod(
        { containers: [main, { name: 'n' }] },
        {
          phase: 'Running',
          containerStatuses: [status('n', terminated({ reason: 'Completed' })), running],
          conditions: [{ type: 'Ready', status: 'False' }],
        },
      ),
      ['x', '1/2', 'NotReady', '0', '5m'],
    ],
    [
      'initialising, the second of two',
      pod(
        { initContainers: [{ name: 'a' }, { name: 'b' }] },
        { phase: 'Pending', initContainerStatuses: [status('a', terminated({})), status('b', { state: { running: {} } })] },
      ),
      ['x', '0/1', 'Init:1/2', '0', '5m'],
    ],
    [
      'its initialisation failed',
      pod(
        { initContainers: [{ name: 'a' }] },
        {
          phase: 'Pending',
          initContainerStatuses: [status('a', { restartCount: 1, ...terminated({ exitCode: 1, reason: 'Error' }) })],
        },
      ),
      ['x', '0/1', 'Init:Error', '1', '5m'],
    ],
    [
      'with a sidecar',
      pod(
        { initContainers: [{ name: 'a', restartPolicy: 'Always' }] },
        {
          phase: 'Running',
          initContainerStatuses: [status('a', { ready: true, started: true, state: { running: {} } })],
          containerStatuses: [running],
        },
      ),
      ['x', '2/2', 'Running', '0', '5m'],
    ],
    [
      'on its way out',
      pod(
        {},
        { phase: 'Running', containerStatuses: [running] },
        { metadata: { ...metadata, deletionTimestamp: '2026-01-01T23:59:00Z' } },
      ),
      ['x', '1/1', 'Terminating', '0', '5m'],
    ],
    ['evicted', pod({}, { phase: 'Failed', reason: 'Evicted' }), ['x', '0/1', 'Evicted', '0', '5m']],
  ]
  for (const [name, object, want] of cases) it(name, () => expect(shown(find('Pod'), object)).to.deep.equal(want))

  it('says that an ended pod has ended', () => {
    const ended = { metadata, ...pod({}, { phase: 'Succeeded' }) } as unknown as KubeObject
    expect(toTable(find('Pod'), [ended], { now }).rows[0]!.conditions).to.deep.equal([
      { type: 'Completed', status: 'True', reason: 'Succeeded', message: 'The pod has completed successfully.' },
    ])
  })
})

describe('tables of other resources', () => {
  const cases: [name: string, resource: ServedResource, object: object, want: unknown[]][] = [
    [
      'a deployment',
      find('Deployment', 'apps'),
      { spec: { replicas: 3 }, status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 } },
      ['x', '2/3', 3, 2, '5m'],
    ],
    [
      'a job that is done',
      find('Job', 'batch'),
      {
        spec: { completions: 1 },
        status: {
          succeeded: 1,
          startTime: '2026-01-01T23:56:00Z',
          completionTime: '2026-01-01T23:56:42Z',
          conditions: [{ type: 'Complete', status: 'True' }],
        },
      },
      ['x', 'Complete', '1/1', '42s', '5m'],
    ],
    [
      'a service',
      find('Service'),
      { spec: { type: 'NodePort', clusterIPs: ['10.96.0.9'], ports: [{ port: 80, nodePort: 30080, protocol: 'TCP' }] } },
      ['x', 'NodePort', '10.96.0.9', '<none>', '80:30080/TCP', '5m'],
    ],
    [
      'an endpoint slice with many addresses',
      find('EndpointSlice', 'discovery.k8s.io'),
      { addressType: 'IPv4', ports: [{ port: 80 }], endpoints: ['1', '2', '3', '4'].map(n => ({ addresses: [n] })) },
      ['x', 'IPv4', '80', '1,2,3 + 1 more...', '5m'],
    ],
    [
      'a cordoned node',
      find('Node'),
      {
        metadata: { ...metadata, labels: { 'node-role.kubernetes.io/worker': '' } },
        spec: { unschedulable: true },
        status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1' } },
      },
      ['x', 'Ready,SchedulingDisabled', 'worker', '5m', 'v1'],
    ],
    [
      'an event',
      find('Event'),
      {
        type: 'Normal',
        reason: 'Started',
        message: 'started ',
        involvedObject: { kind: 'Pod', name: 'p' },
        lastTimestamp: '2026-01-01T23:59:00Z',
      },
      ['60s', 'Normal', 'Started', 'pod/p', 'started'],
    ],
    [
      'an event of the other group',
      find('Event', 'events.k8s.io'),
      {
        type: 'Normal',
        reason: 'Started',
        note: 'started',
        regarding: { kind: 'Pod', name: 'p' },
        eventTime: '2026-01-01T23:59:00.000000Z',
      },
      ['60s', 'Normal', 'Started', 'pod/p', 'started'],
    ],
  ]
  for (const [name, resource, object, want] of cases) it(name, () => expect(shown(resource, object)).to.deep.equal(want))

  it('reads every built-in object, also one with nothing in it', () => {
    for (const resource of all) {
      const object = { apiVersion: '', kind: resource.kind, metadata: { name: 'x' } } as KubeObject
      resource.decode!(object)
      resource.defaults?.(object)
      resource.prepare?.(object)
      expect(() => toTable(resource, [object], { now }), resource.kind).not.to.throw()
    }
  })
})

describe('tables of custom resources', () => {
  const [resource] = servedFromCrd({
    apiVersion: '',
    kind: '',
    metadata: { name: 'w' },
    spec: {
      group: 'g.dev',
      scope: 'Namespaced',
      names: { plural: 'ws', kind: 'W' },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          additionalPrinterColumns: [
            { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
            { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
            { name: 'Since', type: 'date', jsonPath: '.status.since' },
            { name: 'All', type: 'string', jsonPath: '.spec', priority: 1 },
          ],
        },
      ],
    },
  })
  it('finds cells by path, and leaves what is not there empty', () => {
    const object = {
      apiVersion: 'g.dev/v1',
      kind: 'W',
      metadata,
      spec: { size: 3 },
      status: { since: '2026-01-01T00:00:00Z', conditions: [{ type: 'Ready', status: 'True' }] },
    } as unknown as KubeObject
    const empty = { apiVersion: 'g.dev/v1', kind: 'W', metadata } as unknown as KubeObject
    const table = toTable(resource!, [object, empty], {
      now,
      includeObject: 'None',
      resourceVersion: '7',
      remainingItemCount: 2,
      continue: 'c',
    })
    expect(table.rows.map(r => r.cells)).to.deep.equal([
      ['x', 'True', 3, '24h', '{"size":3}'],
      ['x', null, null, null, null],
    ])
    expect(table.rows[0]!.object).to.equal(null)
    expect(table.metadata).to.deep.equal({ resourceVersion: '7', remainingItemCount: 2, continue: 'c' })
  })
  it('leaves headers out where they were sent before', () =>
    expect(toTable(resource!, [], { now, headers: false }).columnDefinitions).to.deep.equal([]))
})

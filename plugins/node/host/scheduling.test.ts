import { k8s } from '@slipway/core/api'
import { silentLog } from '@slipway/core/observe'
import { fakeClock } from '@slipway/core/testing'
import { expect } from 'chai'
import { fakeApi } from '../testing/fake-api.ts'
import { podOf, shell } from '../testing/node-fixture.ts'
import type { Machine } from './machine.ts'
import { mountsBelow } from './mounts.ts'
import { nodeObject } from './node-object.ts'
import { registerNode } from './node-registration.ts'
import { unfit } from './scheduling.ts'

const labels = { 'kubernetes.io/os': 'linux', size: '5' }
const capacity = { cpu: 2, memory: 1 << 30, pods: 2 }
const wants = (cpu: string, more: Partial<k8s.PodSpec> = {}) =>
  podOf('p', { containers: [shell('a', '', { resources: { requests: { cpu } } })], ...more })
const affinity = (key: string, operator: string, values?: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key, operator, values }] }] },
    },
  },
})
const tail = ' preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.'
const uid = (pod: k8s.Pod, id: string, phase = 'Running') => ({
  ...pod,
  metadata: { ...pod.metadata, uid: id },
  status: { phase },
})

describe('scheduling', () => {
  for (const { name, pod, here = [], want } of [
    { name: 'room for it', pod: wants('2') },
    { name: 'too little cpu', pod: wants('2100m'), want: `0/1 nodes are available: 1 Insufficient cpu.${tail}` },
    {
      name: 'what others have',
      pod: wants('1500m'),
      here: [uid(wants('600m'), 'x')],
      want: `0/1 nodes are available: 1 Insufficient cpu.${tail}`,
    },
    { name: 'ended pods count for nothing', pod: wants('1500m'), here: [uid(wants('600m'), 'x', 'Succeeded')] },
    {
      name: 'too many pods',
      pod: wants('0'),
      here: [uid(wants('0'), 'x'), uid(wants('0'), 'y')],
      want: `0/1 nodes are available: 1 Too many pods.${tail}`,
    },
    {
      name: 'another node is selected',
      pod: wants('0', { nodeSelector: { 'kubernetes.io/os': 'windows' } }),
      want: `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.${tail}`,
    },
    { name: 'affinity met', pod: wants('0', affinity('size', 'Gt', ['4'])) },
    {
      name: 'affinity not met',
      pod: wants('0', affinity('size', 'NotIn', ['5'])),
      want: `0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.${tail}`,
    },
  ] as { name: string; pod: k8s.Pod; here?: k8s.Pod[]; want?: string }[])
    it(name, () => expect(unfit(pod, here, capacity, labels)).to.equal(want))
})

describe('the Node', () => {
  const machine: Machine = {
    hostname: 'm',
    address: '',
    cpu: 2,
    memory: 2048,
    architecture: 'amd64',
    kernel: '6',
    osImage: 'Debian',
    machineId: 'i',
    bootId: 'b',
    capabilities: new Set(),
  }
  const input = (now: number, problem?: string) => ({
    ...{ name: 'n', machine, address: '127.0.0.1', maxPods: 9, version: 'v1', now, images: [] },
    kubelet: { port: 1, scheme: 'http' as const },
    runtime: { name: 'runc', version: '1' },
    ...(problem && { problem }),
  })
  it('says why it is not ready, and since when', () => {
    const good = nodeObject(input(0), undefined)
    const bad = nodeObject(input(60_000, 'runc is missing'), good)
    const ready = bad.status?.conditions?.find(c => c.type === 'Ready')
    expect(ready).to.include({
      status: 'False',
      reason: 'KubeletNotReady',
      message: 'runc is missing',
      lastTransitionTime: '1970-01-01T00:01:00Z',
    })
    expect(
      nodeObject(input(99_000, 'runc is missing'), bad).status?.conditions?.find(c => c.type === 'Ready')?.lastTransitionTime,
    ).to.equal('1970-01-01T00:01:00Z')
  })
  it('renews its Lease every ten seconds, and writes itself only when it changes', async () => {
    const api = fakeApi()
    const clock = fakeClock()
    let problem: string | undefined
    const registration = await registerNode({ api, clock, log: silentLog, input: () => input(clock.now(), problem) })
    const versions = () => [api.all(k8s.Node)[0]!.metadata.resourceVersion, api.all(k8s.Lease)[0]!.spec!.renewTime]
    const before = versions()
    await clock.advance(10_000)
    const after = versions()
    expect(after[0]).to.equal(before[0])
    expect(after[1]).to.equal('2026-01-01T00:00:10.000000Z')
    problem = 'broken'
    await clock.advance(10_000)
    expect(api.all(k8s.Node)[0]!.status?.conditions?.find(c => c.type === 'Ready')?.status).to.equal('False')
    await registration.stop()
  })
  it('finds what is mounted below its folder, innermost first', () => {
    const info =
      '1 2 0:1 / /data/a rw - x x rw\n1 2 0:1 / /data/a/b rw - x x rw\n1 2 0:1 / /data2 rw - x x rw\n1 2 0:1 / /data/with\\040space rw - x x rw'
    expect(mountsBelow(info, '/data')).to.deep.equal(['/data/with space', '/data/a/b', '/data/a'])
  })
})

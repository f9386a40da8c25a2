import type { k8s } from '@slipway/core/api'
import { expect } from 'chai'
import fc from 'fast-check'
import { podOf, shell } from '../testing/node-fixture.ts'
import { fieldOfPod, type PodFacts, resourceOfContainer } from './downward.ts'
import { environment, expand, processArgs, referencedByEnv } from './environment.ts'

const pod = podOf('web-1', {
  serviceAccountName: 'bob',
  containers: [shell('a', '', { resources: { limits: { cpu: '1500m', memory: '64Mi' } } })],
})
pod.metadata = { ...pod.metadata, uid: 'u-1', labels: { app: 'web', tier: 'x' }, annotations: { 'a/b': 'say "hi"' } }
const facts: PodFacts = { pod, nodeName: 'n1', hostIP: '10.0.0.1', podIP: '10.0.0.7', allocatable: { cpu: 8, memory: 1 << 30 } }
const from = {
  configMap: (name: string) => (name === 'cm' ? ({ data: { k: 'v', 'bad key': 'x' } } as unknown as k8s.ConfigMap) : undefined),
  secret: (name: string) =>
    name === 's' ? ({ data: { p: Buffer.from('pw').toString('base64') } } as unknown as k8s.Secret) : undefined,
}

describe('the environment', () => {
  for (const { text, want } of [
    { text: '$(A) and $(B)', want: '1 and $(B)' },
    { text: '$$(A)', want: '$(A)' },
    { text: '$A $(', want: '$A $(' },
    { text: '$$$(A)', want: '$1' },
    { text: '', want: '' },
  ])
    it(`expands ${JSON.stringify(text)}`, () => expect(expand(text, name => ({ A: '1' })[name])).to.equal(want))

  it('leaves text without $ as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter(s => !s.includes('$')),
        text => expand(text, () => 'x') === text,
      ),
    )
  })

  it('comes from image, envFrom and env, the later over the earlier', () => {
    const container = shell('a', '', {
      envFrom: [
        { configMapRef: { name: 'cm' }, prefix: 'P_' },
        { secretRef: { name: 's' } },
        { configMapRef: { name: 'absent', optional: true } },
      ],
      env: [
        { name: 'ONE', value: '1' },
        { name: 'TWO', value: '$(ONE)$(PATH)' },
        { name: 'K', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } },
        { name: 'NO', valueFrom: { secretKeyRef: { name: 's', key: 'absent', optional: true } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
      ],
    })
    expect(environment(container, ['PATH=/bin', 'ONE=0'], from, facts)).to.deep.equal({
      PATH: '/bin',
      ONE: '1',
      P_k: 'v',
      p: 'pw',
      TWO: '1$(PATH)',
      K: 'v',
      CPU: '1500',
    })
  })

  for (const { name, env, message } of [
    { name: 'no configMap', env: { configMapKeyRef: { name: 'absent', key: 'k' } }, message: 'configmap "absent" not found' },
    {
      name: 'no key',
      env: { configMapKeyRef: { name: 'cm', key: 'absent' } },
      message: "couldn't find key absent in ConfigMap demo/cm",
    },
    { name: 'no such field', env: { fieldRef: { fieldPath: 'spec.nope' } }, message: 'unsupported fieldPath: spec.nope' },
  ])
    it(`fails in kubelet's words: ${name}`, () => {
      expect(() => environment(shell('a', '', { env: [{ name: 'X', valueFrom: env }] }), [], from, facts)).to.throw(message)
    })

  for (const [path, want] of [
    ['metadata.name', 'web-1'],
    ['metadata.uid', 'u-1'],
    ["metadata.labels['app']", 'web'],
    ["metadata.annotations['absent']", ''],
    ['metadata.labels', 'app="web"\ntier="x"'],
    ['metadata.annotations', 'a/b="say \\"hi\\""'],
    ['spec.serviceAccountName', 'bob'],
    ['status.podIP', '10.0.0.7'],
    ['status.hostIP', '10.0.0.1'],
  ] as const)
    it(`knows ${path}`, () => expect(fieldOfPod(path, facts)).to.equal(want))

  for (const { resource, divisor, want } of [
    { resource: 'limits.memory', divisor: '1Mi', want: '64' },
    { resource: 'limits.cpu', divisor: '1', want: '2' },
    { resource: 'requests.cpu', divisor: '1m', want: '1500' },
    { resource: 'requests.ephemeral-storage', divisor: undefined, want: '0' },
  ])
    it(`divides ${resource} by ${divisor}`, () => expect(resourceOfContainer({ resource, divisor }, 'a', facts)).to.equal(want))

  for (const { name, container, want } of [
    { name: 'image alone', container: {}, want: ['/entry', 'cmd'] },
    { name: 'args replace cmd', container: { args: ['x', '$(V)'] }, want: ['/entry', 'x', '1'] },
    { name: 'command replaces both', container: { command: ['/c'] }, want: ['/c'] },
    { name: 'command and args', container: { command: ['/c'], args: ['x'] }, want: ['/c', 'x'] },
  ])
    it(`arguments: ${name}`, () =>
      expect(processArgs(container, { Entrypoint: ['/entry'], Cmd: ['cmd'] }, { V: '1' })).to.deep.equal(want))

  it('names what it refers to', () => {
    const { configMaps, secrets } = referencedByEnv({
      containers: [
        shell('a', '', {
          envFrom: [{ secretRef: { name: 's' } }],
          env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }],
        }),
      ],
    })
    expect([[...configMaps], [...secrets]]).to.deep.equal([['cm'], ['s']])
  })
})

import { expect } from 'chai'
import type { KubeObject } from '../../meta.ts'
import { finalizerWarnings, warningsOf } from './warnings.ts'

const pod = (spec: object) => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec }) as unknown as KubeObject
const withEnv = (...env: object[]) => pod({ containers: [{ name: 'c', env }] })

describe('what Kubernetes takes but warns of', () => {
  const cases: [name: string, object: KubeObject, want: string[]][] = [
    ['nothing', pod({ containers: [{ name: 'c' }] }), []],
    [
      'a variable that hides another',
      withEnv({ name: 'A', value: '1' }, { name: 'A', value: '2' }),
      ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
    ],
    ['one that builds on the other', withEnv({ name: 'A', value: '1' }, { name: 'A', value: '$(A):2' }), []],
    [
      'a negative grace in a template',
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'd' },
        spec: { template: { spec: { terminationGracePeriodSeconds: -1 } } },
      } as unknown as KubeObject,
      ['spec.template.spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1'],
    ],
  ]
  for (const [name, object, want] of cases) it(name, () => expect(warningsOf(object)).to.deep.equal(want))

  it('a finalizer of a custom resource without a domain', () => {
    expect(finalizerWarnings({ name: 'x', finalizers: ['a.dev/b', 'foregroundDeletion', 'plain'] })).to.deep.equal([
      'metadata.finalizers: "plain": prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers',
    ])
  })
})

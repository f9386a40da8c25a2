import { expect } from 'chai'
import { decode } from './decode.ts'
import { definition, definitionName, definitionNames, goShape, gvk } from './definitions.ts'

const deployment = () => definition('io.k8s.api.apps.v1.Deployment')
const read = (object: Record<string, unknown>, options?: { fill: boolean }) => ({
  ...decode(deployment(), object, options),
  object,
})
const withContainer = (container: object) => ({ spec: { template: { spec: { containers: [container] } } } })

describe('definitions of Kubernetes’ types', () => {
  it('finds a kind by group and version', () => {
    expect(definitionName('apps', 'v1', 'Deployment')).to.equal('io.k8s.api.apps.v1.Deployment')
    expect(definitionName('', 'v1', 'Pod')).to.equal('io.k8s.api.core.v1.Pod')
    expect(definitionName('apps', 'v1', 'Nothing')).to.equal(undefined)
    expect(gvk('io.k8s.api.batch.v1.Job')).to.deep.equal({ group: 'batch', version: 'v1', kind: 'Job' })
  })
  it('resolves every definition', () => {
    for (const name of definitionNames()) expect(definition(name)).to.be.an('object')
  })
  it('shares one graph, cycles included', () => {
    const props = definition('io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps')
    expect(props.properties!.not).to.equal(props)
  })
  it('keeps keywords that stand beside a reference, and the shape with them', () => {
    const strategy = definition('io.k8s.api.apps.v1.DeploymentSpec').properties!.strategy!
    expect(strategy['x-kubernetes-patch-strategy']).to.equal('retainKeys')
    expect(goShape(strategy)?.name).to.equal('DeploymentStrategy')
  })
  it('throws for a name it does not know', () =>
    expect(() => definition('io.k8s.Nothing')).to.throw(/no definition of io.k8s.Nothing/))
})

describe('reading an object of a built-in type', () => {
  const problems: [name: string, object: Record<string, unknown>, want: string][] = [
    [
      'a string for a number',
      { spec: { replicas: 'two' } },
      'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a fraction for a number',
      { spec: { replicas: 1.5 } },
      'json: cannot unmarshal number 1.5 into Go struct field DeploymentSpec.spec.replicas of type int32',
    ],
    [
      'a number for a label',
      { metadata: { labels: { a: 1 } } },
      'json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string',
    ],
    [
      'an object for a list',
      { spec: { template: { spec: { containers: {} } } } },
      'json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container',
    ],
    [
      'a list for an object',
      { spec: [] },
      'json: cannot unmarshal array into Go struct field Deployment.spec of type v1.DeploymentSpec',
    ],
    [
      'a string for a boolean, deep',
      withContainer({ tty: 'yes' }),
      'json: cannot unmarshal string into Go struct field Container.spec.template.spec.containers.tty of type bool',
    ],
    [
      'no quantity',
      withContainer({ resources: { limits: { cpu: 'much' } } }),
      "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
    ],
    [
      'no time',
      { metadata: { creationTimestamp: 'yesterday' } },
      'parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"',
    ],
  ]
  for (const [name, object, want] of problems) it(`refuses ${name}`, () => expect(read(object).problem).to.equal(want))

  it('reports unknown fields by path, and drops them', () => {
    const { unknown, object } = read({
      metadata: { nmae: 'x' },
      spec: { template: { spec: { containers: [{ imgae: 'x' }] } } },
      zpec: 1,
    })
    expect(unknown).to.deep.equal(['metadata.nmae', 'spec.template.spec.containers[0].imgae', 'zpec'])
    expect(object).not.to.have.property('zpec')
  })
  it('drops what Go does not write, and writes what Go always writes', () => {
    const { object } = read({
      metadata: { labels: {}, creationTimestamp: null },
      spec: {
        replicas: 0,
        paused: false,
        minReadySeconds: 0,
        template: { spec: { containers: [{ env: [{ name: 'A', value: '' }], args: [] }] } },
      },
    })
    expect(object).to.deep.equal({
      metadata: {},
      spec: {
        replicas: 0,
        strategy: {},
        template: { metadata: {}, spec: { containers: [{ name: '', resources: {}, env: [{ name: 'A' }] }] } },
      },
      status: {},
    })
  })
  it('adds nothing to a configuration that is no whole object', () =>
    expect(read({ spec: { replicas: 1 } }, { fill: false }).object).to.deep.equal({ spec: { replicas: 1 } }))
  it('writes quantities and times in their canonical form', () => {
    const { object } = read({
      metadata: { creationTimestamp: '2026-01-01T02:00:00.5+02:00' },
      ...withContainer({ name: 'c', resources: { limits: { cpu: 0.5, memory: '1024Mi' } } }),
    })
    expect(object).to.have.nested.property('metadata.creationTimestamp', '2026-01-01T00:00:00Z')
    expect(object).to.have.nested.property('spec.template.spec.containers[0].resources.limits.cpu', '500m')
    expect(object).to.have.nested.property('spec.template.spec.containers[0].resources.limits.memory', '1Gi')
  })
  it('keeps microseconds where the type has them', () => {
    const lease = { spec: { renewTime: '2026-01-01T00:00:00.123Z' } }
    decode(definition('io.k8s.api.coordination.v1.Lease'), lease)
    expect(lease.spec.renewTime).to.equal('2026-01-01T00:00:00.123000Z')
  })
  it('reading twice changes nothing more', () => {
    const { object } = read({ metadata: { name: 'x' }, ...withContainer({ name: 'c', image: 'i' }) })
    const before = structuredClone(object)
    expect(decode(deployment(), object)).to.deep.equal({ unknown: [] })
    expect(object).to.deep.equal(before)
  })
})

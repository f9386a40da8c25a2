import { describeFieldError, type JsonSchema, type KubeObject } from '@slipway/core/api'
import { expect } from 'chai'
import { servedFromCrd } from '../served.ts'
import { ruleErrors, ruleProblem } from './rules.ts'
import { celName } from './value.ts'

type Rule = NonNullable<JsonSchema['x-kubernetes-validations']>[number] & { optionalOldSelf?: boolean }
const rules = (...list: Rule[]): JsonSchema => ({ 'x-kubernetes-validations': list })
const replicas: JsonSchema = {
  type: 'object',
  properties: { min: { type: 'integer' }, max: { type: 'integer' }, ratio: { type: 'number' }, 'x-y': { type: 'integer' } },
}
const problems = (schema: JsonSchema, value: unknown, old?: unknown) =>
  ruleErrors(schema, value, old, 'spec').map(describeFieldError)

describe('validation rules in CEL', () => {
  const items: JsonSchema = {
    type: 'object',
    properties: { name: { type: 'string' }, n: { type: 'integer' } },
    ...rules({ rule: 'self.n >= oldSelf.n', message: 'n must not fall' }),
  }
  const cases: [name: string, schema: JsonSchema, value: unknown, old: unknown, want: string[]][] = [
    ['holds', { ...replicas, ...rules({ rule: 'self.min <= self.max' }) }, { min: 1, max: 2 }, undefined, []],
    [
      'fails, with its rule as the message',
      { ...replicas, ...rules({ rule: 'self.min <= self.max' }) },
      { min: 3, max: 2 },
      undefined,
      ['spec: Invalid value: "object": failed rule: self.min <= self.max'],
    ],
    [
      'fails, with its message',
      { ...replicas, ...rules({ rule: 'self.min <= self.max', message: 'min is above max' }) },
      { min: 3, max: 2 },
      undefined,
      ['spec: Invalid value: "object": min is above max'],
    ],
    [
      'fails, with a message of its own making',
      { ...replicas, ...rules({ rule: 'self.min <= self.max', messageExpression: '"min " + string(self.min)' }) },
      { min: 3, max: 2 },
      undefined,
      ['spec: Invalid value: "object": min 3'],
    ],
    [
      'fails at a field, for a reason',
      { ...replicas, ...rules({ rule: 'has(self.min)', message: 'say min', reason: 'FieldValueRequired', fieldPath: '.min' }) },
      {},
      undefined,
      ['spec.min: Required value: say min'],
    ],
    [
      'compares numbers of both kinds',
      { ...replicas, ...rules({ rule: 'self.ratio < 1.5 && self.max > 1' }) },
      { ratio: 1, max: 2 },
      undefined,
      [],
    ],
    ['names fields that CEL could not', { ...replicas, ...rules({ rule: 'self.x__dash__y == 1' }) }, { 'x-y': 1 }, undefined, []],
    [
      'is not run where there was nothing before',
      { ...replicas, ...rules({ rule: 'self == oldSelf' }) },
      { min: 1 },
      undefined,
      [],
    ],
    [
      'holds what may not change',
      { ...replicas, ...rules({ rule: 'self == oldSelf', message: 'is immutable' }) },
      { min: 1 },
      { min: 2 },
      ['spec: Invalid value: "object": is immutable'],
    ],
    [
      'may ask whether there was something',
      {
        ...replicas,
        ...rules({
          rule: '!oldSelf.hasValue() || self.min >= oldSelf.value().min',
          optionalOldSelf: true,
          message: 'min must not fall',
        }),
      },
      { min: 1 },
      { min: 2 },
      ['spec: Invalid value: "object": min must not fall'],
    ],
    [
      'follows items by their key',
      { type: 'array', items, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
      [
        { name: 'b', n: 1 },
        { name: 'a', n: 1 },
      ],
      [
        { name: 'a', n: 1 },
        { name: 'b', n: 2 },
      ],
      ['spec[0]: Invalid value: "object": n must not fall'],
    ],
    [
      'runs over the values of a map',
      {
        type: 'object',
        additionalProperties: { type: 'string', ...rules({ rule: 'self.startsWith("a")', message: 'must start with a' }) },
      },
      { k: 'b' },
      undefined,
      ['spec.k: Invalid value: "string": must start with a'],
    ],
    [
      'reads quantities, URLs and lists',
      {
        type: 'object',
        properties: { q: { type: 'string' }, l: { type: 'array', items: { type: 'integer' } } },
        ...rules({
          rule: 'quantity(self.q).isLessThan(quantity("2Gi")) && self.l.isSorted() && self.l.sum() == 3 && url("http://a.b/c").getHost() == "a.b"',
        }),
      },
      { q: '1Gi', l: [1, 2] },
      undefined,
      [],
    ],
    ['formats', { type: 'string', ...rules({ rule: 'self == "%s-%d".format(["a", 3])' }) }, 'a-3', undefined, []],
    [
      'that fails to run says why',
      {
        type: 'object',
        properties: { m: { type: 'object', additionalProperties: { type: 'string' } } },
        ...rules({ rule: 'self.m["x"] == "y"' }),
      },
      { m: {} },
      undefined,
      ['spec: Invalid value: "object": No such key: x evaluating rule: self.m["x"] == "y"'],
    ],
  ]
  for (const [name, schema, value, old, want] of cases) it(name, () => expect(problems(schema, value, old)).to.deep.equal(want))

  it('that does not compile is told at the CRD', () => {
    expect(ruleProblem({ rule: 'self.min +' }, replicas)).to.be.a('string')
    expect(ruleProblem({ rule: '"text"' }, replicas)).to.equal('must evaluate to a bool')
    expect(ruleProblem({ rule: 'self.min > 0' }, replicas)).to.equal(undefined)
  })
  it('is not run over what the schema refuses anyway', () => {
    const [resource] = servedFromCrd({
      apiVersion: '',
      kind: '',
      metadata: { name: 'x' },
      spec: {
        group: 'g.dev',
        scope: 'Namespaced',
        names: { plural: 'ws', kind: 'W' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: 'object',
                properties: { spec: { ...replicas, ...rules({ rule: 'self.min <= self.max' }) } },
              },
            },
          },
        ],
      },
    })
    const object = {
      apiVersion: 'g.dev/v1',
      kind: 'W',
      metadata: { name: 'x' },
      spec: { min: 'x', max: 1 },
    } as unknown as KubeObject
    expect(resource!.validate!(object).map(describeFieldError)).to.deep.equal([
      '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
    ])
  })
  it('escapes names as Kubernetes does', () => {
    expect(['a', 'a-b', 'a.b', 'a__b', 'namespace', 'a/b', '1a'].map(celName)).to.deep.equal([
      'a',
      'a__dash__b',
      'a__dot__b',
      'a__underscores__b',
      '__namespace__',
      'a__slash__b',
      undefined,
    ])
  })
})

import { expect } from 'chai'
import { describeFieldError } from './field-error.ts'
import type { JsonSchema } from './json-schema.ts'
import { applyDefaults, prune, validateSchema } from './structural.ts'

const inSpec = (spec: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: { spec: { type: 'object', properties: { x: spec } } },
})

describe('validation against a structural schema, in Kubernetes’ words', () => {
  const cases: { name: string; schema: JsonSchema; x: unknown; want: string[] }[] = [
    { name: 'right', schema: { type: 'integer' }, x: 3, want: [] },
    {
      name: 'wrong type',
      schema: { type: 'integer' },
      x: 'three',
      want: ['spec.x: Invalid value: "string": spec.x in body must be of type integer: "string"'],
    },
    {
      name: 'null',
      schema: { type: 'integer' },
      x: null,
      want: ['spec.x: Invalid value: "null": spec.x in body must be of type integer: "null"'],
    },
    { name: 'null where it may be', schema: { type: 'integer', nullable: true }, x: null, want: [] },
    {
      name: 'a fraction for an integer',
      schema: { type: 'integer' },
      x: 1.5,
      want: ['spec.x: Invalid value: "number": spec.x in body must be of type integer: "number"'],
    },
    {
      name: 'below the minimum',
      schema: { type: 'integer', minimum: 1 },
      x: 0,
      want: ['spec.x: Invalid value: 0: spec.x in body should be greater than or equal to 1'],
    },
    {
      name: 'at an exclusive maximum',
      schema: { type: 'integer', maximum: 5, exclusiveMaximum: true },
      x: 5,
      want: ['spec.x: Invalid value: 5: spec.x in body should be less than 5'],
    },
    {
      name: 'not in the enumeration',
      schema: { type: 'string', enum: ['a', 'b'] },
      x: 'c',
      want: ['spec.x: Unsupported value: "c": supported values: "a", "b"'],
    },
    {
      name: 'an enumeration of numbers, quoted all the same',
      schema: { type: 'integer', enum: [1, 2] },
      x: 3,
      want: ['spec.x: Unsupported value: 3: supported values: "1", "2"'],
    },
    {
      name: 'against a pattern',
      schema: { type: 'string', pattern: '^[a-z]+$' },
      x: 'A1',
      want: [`spec.x: Invalid value: "A1": spec.x in body should match '^[a-z]+$'`],
    },
    { name: 'a pattern of Go’s', schema: { type: 'string', pattern: '(?i)^[[:alpha:]\\_]+\\z' }, x: 'Ab_', want: [] },
    {
      name: 'too long',
      schema: { type: 'string', maxLength: 2 },
      x: 'abc',
      want: ['spec.x: Too long: may not be more than 2 bytes'],
    },
    {
      name: 'too many items',
      schema: { type: 'array', maxItems: 1, items: { type: 'string' } },
      x: ['a', 'b'],
      want: ['spec.x: Too many: 2: must have at most 1 items'],
    },
    {
      name: 'an item that lacks a field',
      schema: { type: 'array', items: { type: 'object', required: ['name'], properties: { name: { type: 'string' } } } },
      x: [{}],
      want: ['spec.x[0].name: Required value'],
    },
    {
      name: 'two items of one key',
      schema: {
        type: 'array',
        'x-kubernetes-list-type': 'map',
        'x-kubernetes-list-map-keys': ['name'],
        items: { type: 'object', properties: { name: { type: 'string' } } },
      },
      x: [{ name: 'a' }, { name: 'a' }],
      want: ['spec.x[1]: Duplicate value: {"name":"a"}'],
    },
    {
      name: 'a bad time',
      schema: { type: 'string', format: 'date-time' },
      x: 'today',
      want: ['spec.x: Invalid value: "today": spec.x in body must be of type date-time: "today"'],
    },
    {
      name: 'none of several',
      schema: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      x: {},
      want: [
        '<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found none valid',
        'spec.x.a: Required value',
      ],
    },
    {
      name: 'more than one of several',
      schema: { type: 'object', oneOf: [{ required: ['a'] }, { required: ['b'] }] },
      x: { a: 1, b: 2 },
      want: ['<nil>: Invalid value: "": "spec.x" must validate one and only one schema (oneOf). Found 2 valid alternatives'],
    },
    {
      name: 'what must not be',
      schema: { type: 'object', not: { required: ['a'] } },
      x: { a: 1 },
      want: ['<nil>: Invalid value: "": "spec.x" must not validate the schema (not)'],
    },
  ]
  for (const { name, schema, x, want } of cases)
    it(name, () => expect(validateSchema(inSpec(schema), { spec: { x } }).map(describeFieldError)).to.deep.equal(want))
})

describe('defaults and pruning', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      a: { type: 'object', default: {}, properties: { b: { type: 'integer', default: 1 } } },
      n: { type: 'string' },
      free: {
        type: 'object',
        'x-kubernetes-preserve-unknown-fields': true,
        properties: { known: { type: 'object', properties: {} } },
      },
    },
  }
  it('fills defaults within defaults, and takes null for nothing', () => {
    const value = { n: null }
    applyDefaults(schema, value)
    expect(value).to.deep.equal({ a: { b: 1 } })
  })
  it('removes what is unknown, and says where it was', () => {
    const value = { a: { b: 1, c: 2 }, z: 1, free: { any: 1, known: { x: 1 } } }
    expect(prune(schema, value)).to.deep.equal(['a.c', 'free.known.x', 'z'])
    expect(value).to.deep.equal({ a: { b: 1 }, free: { any: 1, known: {} } })
  })
})

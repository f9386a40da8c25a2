/** Custom resources that the cases use: made once a server, before the first case. Between them they use every part of a structural schema. */
import type { Call } from './case.ts'
import { get, post } from './case.ts'
import { contractGroup, crds } from './paths.ts'

type Json = Record<string, unknown>
const string = { type: 'string' }
const integer = { type: 'integer' }

export const widgetSpec: Json = {
  type: 'object',
  required: ['size'],
  properties: {
    size: { type: 'integer', format: 'int32', minimum: 1, maximum: 10 },
    name: { type: 'string', pattern: '^[a-z]+$', minLength: 2, maxLength: 8 },
    color: { type: 'string', enum: ['red', 'green', 'blue'] },
    ratio: { type: 'number', exclusiveMinimum: true, minimum: 0, multipleOf: 0.5 },
    enabled: { type: 'boolean', default: true },
    mode: { type: 'string', default: 'auto' },
    note: { type: 'string', nullable: true },
    at: { type: 'string', format: 'date-time' },
    data: { type: 'string', format: 'byte' },
    quantity: { anyOf: [{ type: 'integer' }, { type: 'string' }], 'x-kubernetes-int-or-string': true },
    tags: { type: 'array', items: string, 'x-kubernetes-list-type': 'set', maxItems: 4 },
    steps: { type: 'array', items: { type: 'object', required: ['run'], properties: { run: string } }, minItems: 1 },
    ports: {
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: {
        type: 'object',
        required: ['name'],
        properties: { name: string, port: { type: 'integer' }, protocol: { type: 'string', default: 'TCP' } },
      },
    },
    labels: { type: 'object', additionalProperties: string, maxProperties: 3 },
    limits: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: integer },
    nested: {
      type: 'object',
      properties: { a: integer, b: { type: 'object', default: {}, properties: { c: { type: 'integer', default: 7 } } } },
    },
    extra: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    choice: {
      type: 'object',
      properties: { left: string, right: string },
      oneOf: [{ required: ['left'] }, { required: ['right'] }],
    },
    either: { type: 'integer', not: { enum: [13] } },
  },
}

const celSpec: Json = {
  type: 'object',
  'x-kubernetes-validations': [
    { rule: 'self.min <= self.max', message: 'min must not be above max' },
    {
      rule: '!has(self.parts) || self.parts.all(p, p.startsWith("p-"))',
      messageExpression: '"parts must start with p-, got " + self.parts.join(",")',
    },
  ],
  properties: {
    min: { type: 'integer', default: 0 },
    max: { type: 'integer', default: 100 },
    parts: { type: 'array', maxItems: 10, items: { type: 'string', maxLength: 20 } },
    fixed: {
      type: 'string',
      maxLength: 20,
      'x-kubernetes-validations': [{ rule: 'self == oldSelf', message: 'fixed cannot be changed' }],
    },
    grows: {
      type: 'integer',
      'x-kubernetes-validations': [{ rule: 'self >= oldSelf', reason: 'FieldValueForbidden', message: 'may only grow' }],
    },
    plain: { type: 'string', maxLength: 20, 'x-kubernetes-validations': [{ rule: 'self.size() < 5' }] },
    where: {
      type: 'object',
      properties: { x: integer },
      'x-kubernetes-validations': [{ rule: 'self.x > 0', fieldPath: '.x', message: 'x must be positive' }],
    },
  },
}

export const crd = (plural: string, kind: string, spec: Json): Json => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${contractGroup}` },
  spec: {
    group: contractGroup,
    scope: 'Namespaced',
    names: { plural, singular: kind.toLowerCase(), kind, listKind: `${kind}List` },
    ...spec,
  },
})
export const schemaOf = (spec: Json, status: Json = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }): Json => ({
  openAPIV3Schema: { type: 'object', properties: { spec, status } },
})

export const fixtures: Json[] = [
  crd('widgets', 'Widget', {
    names: {
      plural: 'widgets',
      singular: 'widget',
      kind: 'Widget',
      listKind: 'WidgetList',
      shortNames: ['wg'],
      categories: ['contract'],
    },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: schemaOf(widgetSpec),
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.size',
            statusReplicasPath: '.status.replicas',
            labelSelectorPath: '.status.selector',
          },
        },
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size', description: 'How big' },
          { name: 'Ready', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
          { name: 'Enabled', type: 'boolean', jsonPath: '.spec.enabled' },
          { name: 'Ports', type: 'string', jsonPath: '.spec.ports[*].name', priority: 1 },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
    ],
  }),
  crd('rules', 'Rule', { versions: [{ name: 'v1', served: true, storage: true, schema: schemaOf(celSpec) }] }),
  crd('gadgets', 'Gadget', {
    scope: 'Cluster',
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
      {
        name: 'v1alpha1',
        served: true,
        storage: false,
        deprecated: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  }),
]

/** The calls that put the fixtures in place and wait until they are served. */
export const fixtureCalls: Call[] = [
  ...fixtures.map(fixture => post(crds, fixture)),
  ...['widgets', 'rules', 'gadgets'].map(plural => get(`/apis/${contractGroup}/v1/${plural}`, { untilCode: 200 })),
]

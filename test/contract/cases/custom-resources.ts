/** Custom resources: schema validation, pruning, CEL rules, versions, and what a CRD itself must be. */
import { type Call, get, group, mergePatch, post, put, quiet, remove, row, showing } from '../case.ts'
import { crd, schemaOf } from '../fixtures.ts'
import { gadget, rule, widget } from '../objects.ts'
import { crds, custom, gadgets } from '../paths.ts'

type Json = Record<string, unknown>
const bad = (name: string, spec: unknown) =>
  row(name, post(custom('widgets'), { apiVersion: 'contract.slipway.dev/v1', kind: 'Widget', metadata: { name: 'a' }, spec }))
const good = (name: string, spec: Json) => row(name, showing(post(custom('widgets'), widget('a', spec)), 'spec'))
const cel = (name: string, spec: Json, next?: Json) =>
  row(
    name,
    ...(next
      ? [quiet(post(custom('rules'), rule('a', spec))), mergePatch(custom('rules', 'a'), { spec: next })]
      : [post(custom('rules'), rule('a', spec))]),
  )
const ownGroup = 'q{id}.contract.slipway.dev'
const own = (rest: Json, names: Json = {}): Json => {
  const base = crd('things', 'Thing', {})
  return {
    ...base,
    metadata: { name: `things.${ownGroup}` },
    spec: {
      ...(base.spec as Json),
      group: ownGroup,
      names: { ...((base.spec as Json).names as Json), ...names },
      versions: [{ name: 'v1', served: true, storage: true, schema: schemaOf({ type: 'object' }) }],
      ...rest,
    },
  }
}
const refused = (name: string, rest: Json, names?: Json) => row(name, post(crds, own(rest, names)))
const withSpec = (name: string, spec: Json) =>
  refused(name, { versions: [{ name: 'v1', served: true, storage: true, schema: schemaOf(spec) }] })
const things = `/apis/${ownGroup}/v1/namespaces/{ns}/things`
const served: Call = get(things, { untilCode: 200, show: [] })
const established: Call = get(`${crds}/things.${ownGroup}`, { show: ['status.acceptedNames', 'status.storedVersions'] })
const gone = remove(`${crds}/things.${ownGroup}`, undefined, { show: [] })

export const customResources = [
  ...group('schema', [
    bad('required', {}),
    bad('no spec value', null),
    bad('spec of a wrong type', 'text'),
    bad('below the minimum', { size: 0 }),
    bad('above the maximum', { size: 11 }),
    bad('a number with a fraction', { size: 1.5 }),
    bad('an integer beyond int32', { size: 99999999999 }),
    bad('text for an integer', { size: 'big' }),
    bad('a boolean of a wrong type', { size: 1, enabled: 'yes' }),
    bad('pattern', { size: 1, name: 'ABC' }),
    bad('too short', { size: 1, name: 'a' }),
    bad('too long', { size: 1, name: 'abcdefghij' }),
    bad('enum', { size: 1, color: 'pink' }),
    bad('exclusive minimum', { size: 1, ratio: 0 }),
    bad('multipleOf', { size: 1, ratio: 0.7 }),
    bad('date-time', { size: 1, at: 'yesterday' }),
    bad('base64', { size: 1, data: '***' }),
    bad('int or string', { size: 1, quantity: true }),
    bad('null where it may not be', { size: null }),
    bad('items of a wrong type', { size: 1, tags: ['a', 5] }),
    bad('too many items', { size: 1, tags: ['a', 'b', 'c', 'd', 'e'] }),
    bad('too few items', { size: 1, steps: [] }),
    bad('a set with duplicates', { size: 1, tags: ['a', 'a'] }),
    bad('a list by key with duplicates', { size: 1, ports: [{ name: 'a' }, { name: 'a' }] }),
    bad('required in an item', { size: 1, steps: [{}] }),
    bad('required key of a list', { size: 1, ports: [{ port: 1 }] }),
    bad('too many properties', { size: 1, labels: { a: '', b: '', c: '', d: '' } }),
    bad('a map value of a wrong type', { size: 1, limits: { a: 'x' } }),
    bad('a list for a map', { size: 1, labels: ['a'] }),
    bad('oneOf: neither', { size: 1, choice: {} }),
    bad('oneOf: both', { size: 1, choice: { left: 'a', right: 'b' } }),
    bad('not', { size: 1, either: 13 }),
    bad('several faults at once', { size: 99, color: 'pink', tags: ['a', 'a'], name: 'A' }),
    good('everything right', {
      size: 5,
      name: 'abc',
      color: 'red',
      ratio: 1.5,
      note: null,
      at: '2026-01-01T00:00:00Z',
      data: 'AAEC',
      quantity: '5',
      tags: ['a'],
      steps: [{ run: 'x' }],
      ports: [{ name: 'a', port: 1 }],
      labels: { a: 'b' },
      limits: { x: 1 },
      extra: { any: ['thing'] },
      choice: { left: 'x' },
      either: 1,
    }),
    good('prunes what is unknown', {
      size: 1,
      unknown: 1,
      nested: { a: 1, z: 2 },
      extra: { kept: { deep: 1 } },
      steps: [{ run: 'x', more: 1 }],
    }),
    good('an integer that is written as a fraction', { size: 2.0, ratio: 1 }),
    row(
      'metadata is pruned too',
      showing(
        post(custom('widgets'), widget('a', { size: 1 }, { unknown: 'x', annotations: { a: 'b' } })),
        'metadata.unknown',
        'metadata.annotations',
      ),
    ),
    row('root fields are pruned', post(custom('widgets'), { ...widget('a'), surprise: 1 })),
    row('a resource that preserves everything', post(gadgets, gadget('g-{id}', { spec: { a: [1, { b: null }] }, text: 'x' }))),
    row(
      'update to an invalid value',
      quiet(post(custom('widgets'), widget('a'))),
      put(custom('widgets', 'a'), widget('a', { size: 0 }, { resourceVersion: '{0.metadata.resourceVersion}' })),
    ),
  ]),
  ...group('rules', [
    cel('hold', { min: 1, max: 2 }),
    cel('defaults are seen by rules', { min: 101 }),
    cel('fail with a message', { min: 5, max: 1 }),
    cel('fail with a computed message', { parts: ['p-1', 'x'] }),
    cel('fail without a message', { plain: 'toolong' }),
    cel('fail with a field path', { where: { x: -1 } }),
    cel('transition: unchanged', { fixed: 'a' }, { fixed: 'a' }),
    cel('transition: changed', { fixed: 'a' }, { fixed: 'b' }),
    cel('transition: first set', {}, { fixed: 'b' }),
    cel('transition with a reason', { grows: 5 }, { grows: 4 }),
    cel('two fail at once', { min: 5, max: 1, plain: 'toolong' }),
    cel('schema faults come first', { min: 'x', max: 1 }),
  ]),
  ...group('versions', [
    row(
      'are read as another',
      quiet(post(gadgets, gadget('g-{id}', { a: 1 }))),
      get('/apis/contract.slipway.dev/v1alpha1/gadgets/g-{id}'),
    ),
    row(
      'are written by another',
      showing(
        post('/apis/contract.slipway.dev/v1alpha1/gadgets', {
          apiVersion: 'contract.slipway.dev/v1alpha1',
          kind: 'Gadget',
          metadata: { name: 'g-{id}' },
          a: 1,
        }),
        'apiVersion',
        'metadata.managedFields',
      ),
      showing(get(`${gadgets}/g-{id}`), 'apiVersion', 'a'),
    ),
    row('unknown', get('/apis/contract.slipway.dev/v9/gadgets')),
    row('a deprecated one warns', showing(get('/apis/contract.slipway.dev/v1alpha1/gadgets?limit=1'), 'apiVersion')),
  ]),
  ...group('CustomResourceDefinition', [
    row('is served soon after', post(crds, own({}), { show: ['spec', 'metadata.generation'] }), served, established, gone),
    row(
      'conditions',
      quiet(post(crds, own({}))),
      served,
      showing(
        get(`${crds}/things.${ownGroup}`),
        'status.conditions.0.type',
        'status.conditions.0.status',
        'status.conditions.0.reason',
        'status.conditions.0.message',
        'status.conditions.1.type',
        'status.conditions.1.status',
        'status.conditions.1.reason',
        'status.conditions.1.message',
      ),
      gone,
    ),
    row(
      'discovery of its group',
      quiet(
        post(
          crds,
          own(
            {
              versions: [
                {
                  name: 'v1',
                  served: true,
                  storage: true,
                  schema: schemaOf({ type: 'object' }),
                  subresources: { status: {}, scale: { specReplicasPath: '.spec.n', statusReplicasPath: '.status.n' } },
                },
              ],
            },
            { shortNames: ['th'], categories: ['all'] },
          ),
        ),
      ),
      served,
      get(`/apis/${ownGroup}/v1`, { untilCode: 200 }),
      gone,
    ),
    row(
      'a status path without the subresource',
      quiet(post(crds, own({}))),
      served,
      quiet(post(things, { apiVersion: `${ownGroup}/v1`, kind: 'Thing', metadata: { name: 'a' } })),
      get(`${things}/a/status`),
      gone,
    ),
    row(
      'without status subresource status is plain',
      quiet(post(crds, own({}))),
      served,
      showing(
        post(things, { apiVersion: `${ownGroup}/v1`, kind: 'Thing', metadata: { name: 'a' }, status: { x: 1 } }),
        'status',
        'metadata.generation',
      ),
      showing(mergePatch(`${things}/a`, { status: { x: 2 } }), 'status', 'metadata.generation'),
      gone,
    ),
    row(
      'a new field is served after an update',
      quiet(post(crds, own({}))),
      served,
      quiet(
        mergePatch(`${crds}/things.${ownGroup}`, {
          spec: {
            versions: [
              {
                name: 'v1',
                served: true,
                storage: true,
                schema: schemaOf({ type: 'object', properties: { n: { type: 'integer', default: 4 } } }),
              },
            ],
          },
        }),
      ),
      gone,
    ),
    row('deleted, nothing is served', quiet(post(crds, own({}))), served, gone, get(things, { untilCode: 404 })),
    refused('a name that does not match', {}, { plural: 'thongs' }),
    refused('no versions', { versions: [] }),
    refused('two storage versions', {
      versions: ['v1', 'v2'].map(name => ({ name, served: true, storage: true, schema: schemaOf({ type: 'object' }) })),
    }),
    refused('no storage version', {
      versions: [{ name: 'v1', served: true, storage: false, schema: schemaOf({ type: 'object' }) }],
    }),
    refused('no schema', { versions: [{ name: 'v1', served: true, storage: true }] }),
    refused('an unknown scope', { scope: 'Everywhere' }),
    refused('a bad version name', {
      versions: [{ name: 'V_1', served: true, storage: true, schema: schemaOf({ type: 'object' }) }],
    }),
    refused('preserveUnknownFields', { preserveUnknownFields: true }),
    refused('a bad short name', {}, { shortNames: ['Bad_Name'] }),
    refused('a bad printer column', {
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: schemaOf({ type: 'object' }),
          additionalPrinterColumns: [{ name: 'x', type: 'colour', jsonPath: 'spec.x' }],
        },
      ],
    }),
    refused('a bad scale path', {
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: schemaOf({ type: 'object' }),
          subresources: { scale: { specReplicasPath: 'spec.x', statusReplicasPath: '.spec.n' } },
        },
      ],
    }),
    withSpec('schema without a type', { properties: { a: {} } }),
    withSpec('schema with an unknown type', { type: 'object', properties: { a: { type: 'text' } } }),
    withSpec('schema with properties and additionalProperties', {
      type: 'object',
      properties: { a: { type: 'string' } },
      additionalProperties: { type: 'string' },
    }),
    withSpec('schema with uniqueItems', {
      type: 'object',
      properties: { a: { type: 'array', uniqueItems: true, items: { type: 'string' } } },
    }),
    withSpec('schema with an array without items', { type: 'object', properties: { a: { type: 'array' } } }),
    withSpec('schema with $ref', { type: 'object', properties: { a: { $ref: '#/x' } } }),
    withSpec('schema with a default of a wrong type', { type: 'object', properties: { a: { type: 'integer', default: 'x' } } }),
    withSpec('schema with a bad list type', {
      type: 'object',
      properties: { a: { type: 'array', 'x-kubernetes-list-type': 'bag', items: { type: 'string' } } },
    }),
    withSpec('schema with a list by key without keys', {
      type: 'object',
      properties: { a: { type: 'array', 'x-kubernetes-list-type': 'map', items: { type: 'object' } } },
    }),
    withSpec('schema with a key that is not required', {
      type: 'object',
      properties: {
        a: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['k'],
          items: { type: 'object', properties: { k: { type: 'string' } } },
        },
      },
    }),
    withSpec('schema with types inside anyOf', {
      type: 'object',
      properties: { a: { type: 'string', anyOf: [{ type: 'string' }] } },
    }),
    withSpec('schema with a bad pattern', { type: 'object', properties: { a: { type: 'string', pattern: '(' } } }),
    withSpec('schema with a rule that does not compile', {
      type: 'object',
      'x-kubernetes-validations': [{ rule: 'self.missing > 1' }],
    }),
    withSpec('schema with an empty rule', { type: 'object', 'x-kubernetes-validations': [{ rule: '' }] }),
  ]),
]

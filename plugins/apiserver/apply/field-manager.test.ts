import { isStatus, type JsonSchema, type KubeObject } from '@slipway/core/api'
import { expect } from 'chai'
import fc from 'fast-check'
import { compare } from './compare.ts'
import { apply, type FieldManagerContext, managedFieldsAfterUpdate } from './field-manager.ts'
import { emptySet, equal, type FieldSet, fromFieldsV1, insert, toFieldsV1 } from './field-set.ts'
import { merge } from './merge.ts'
import { wholeSchema } from './shape.ts'

const item: JsonSchema = { type: 'object', properties: { name: { type: 'string' }, v: { type: 'integer' } } }
const schema = wholeSchema({
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      properties: {
        size: { type: 'integer' },
        color: { type: 'string' },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        whole: { type: 'object', 'x-kubernetes-map-type': 'atomic', additionalProperties: { type: 'string' } },
        keyed: { type: 'array', items: item, 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] },
        tags: { type: 'array', items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
        atomic: { type: 'array', items: { type: 'string' } },
      },
    },
    status: { type: 'object', additionalProperties: { type: 'string' } },
  },
})
type Spec = Record<string, unknown>
const thing = (spec: Spec): KubeObject =>
  ({ apiVersion: 'x.dev/v1', kind: 'Thing', metadata: { name: 'a' }, spec }) as unknown as KubeObject
const context = (manager: string, more: Partial<FieldManagerContext> = {}): FieldManagerContext => ({
  schema,
  blank: { apiVersion: 'x.dev/v1', kind: 'Thing', metadata: {} } as unknown as KubeObject,
  manager,
  apiVersion: 'x.dev/v1',
  subresource: '',
  reset: emptySet(),
  now: Date.parse('2026-01-01T00:00:00Z'),
  ...more,
})
const specOf = (object: KubeObject) => (object as unknown as { spec?: Spec }).spec
const owners = (object: KubeObject) =>
  Object.fromEntries(
    (object.metadata.managedFields ?? []).map(({ manager, fieldsV1 }) => [
      manager,
      (fieldsV1 as { 'f:spec'?: unknown })['f:spec'],
    ]),
  )

/** Applies one after another: [manager, spec, force?]. */
function applied(...steps: [string, Spec, boolean?][]): KubeObject {
  let live: KubeObject | undefined
  for (const [manager, spec, force = false] of steps) live = apply(live, structuredClone(thing(spec)), force, context(manager))
  return live!
}

describe('server-side apply', () => {
  const cases: { name: string; steps: [string, Spec, boolean?][]; want: Spec | undefined; owned?: Record<string, unknown> }[] = [
    { name: 'states fields', steps: [['a', { size: 1 }]], want: { size: 1 }, owned: { a: { 'f:size': {} } } },
    {
      name: 'adds what another left out',
      steps: [
        ['a', { size: 1 }],
        ['b', { color: 'red' }],
      ],
      want: { size: 1, color: 'red' },
    },
    {
      name: 'shares an equal value',
      steps: [
        ['a', { size: 1 }],
        ['b', { size: 1 }],
      ],
      want: { size: 1 },
      owned: { a: { 'f:size': {} }, b: { 'f:size': {} } },
    },
    {
      name: 'takes a field by force',
      steps: [
        ['a', { size: 1, color: 'red' }],
        ['b', { size: 2 }, true],
      ],
      want: { size: 2, color: 'red' },
      owned: { a: { 'f:color': {} }, b: { 'f:size': {} } },
    },
    {
      name: 'removes what it states no more',
      steps: [
        ['a', { size: 1, color: 'red' }],
        ['a', { size: 1 }],
      ],
      want: { size: 1 },
    },
    {
      name: 'keeps what another states too',
      steps: [
        ['a', { size: 1, color: 'red' }],
        ['b', { color: 'red' }],
        ['a', { size: 1 }],
      ],
      want: { size: 1, color: 'red' },
    },
    {
      name: 'merges maps by key',
      steps: [
        ['a', { labels: { x: '1' } }],
        ['b', { labels: { y: '2' } }],
        ['a', { labels: {} }],
      ],
      want: { labels: { y: '2' } },
    },
    {
      name: 'replaces an atomic map',
      steps: [
        ['a', { whole: { x: '1' } }],
        ['a', { whole: { y: '2' } }],
      ],
      want: { whole: { y: '2' } },
      owned: { a: { 'f:whole': {} } },
    },
    {
      name: 'replaces an atomic list',
      steps: [
        ['a', { atomic: ['x', 'y'] }],
        ['a', { atomic: ['z'] }],
      ],
      want: { atomic: ['z'] },
    },
    {
      name: 'merges a list by key, and removes its own items only',
      steps: [
        [
          'a',
          {
            keyed: [
              { name: 'x', v: 1 },
              { name: 'y', v: 1 },
            ],
          },
        ],
        ['b', { keyed: [{ name: 'z', v: 3 }] }],
        ['a', { keyed: [{ name: 'y', v: 2 }] }],
      ],
      want: {
        keyed: [
          { name: 'y', v: 2 },
          { name: 'z', v: 3 },
        ],
      },
      owned: {
        a: { 'f:keyed': { 'k:{"name":"y"}': { '.': {}, 'f:name': {}, 'f:v': {} } } },
        b: { 'f:keyed': { 'k:{"name":"z"}': { '.': {}, 'f:name': {}, 'f:v': {} } } },
      },
    },
    {
      name: 'keeps an item of which another owns a field',
      steps: [
        ['a', { keyed: [{ name: 'x' }] }],
        ['b', { keyed: [{ name: 'x', v: 2 }] }],
        ['a', { keyed: [] }],
      ],
      want: { keyed: [{ name: 'x', v: 2 }] },
    },
    {
      name: 'merges a set',
      steps: [
        ['a', { tags: ['p', 'q'] }],
        ['b', { tags: ['r'] }],
        ['a', { tags: ['q'] }],
      ],
      want: { tags: ['q', 'r'] },
    },
    {
      name: 'orders a keyed list as it was applied',
      steps: [
        ['a', { keyed: [{ name: 'x' }, { name: 'y' }] }],
        ['a', { keyed: [{ name: 'y' }, { name: 'x' }] }],
      ],
      want: { keyed: [{ name: 'y' }, { name: 'x' }] },
    },
  ]
  for (const { name, steps, want, owned } of cases)
    it(name, () => {
      const object = applied(...steps)
      expect(specOf(object)).to.deep.equal(want)
      if (owned) expect(owners(object)).to.deep.equal(owned)
    })

  it('refuses to change what another owns, with one cause a field', () => {
    const live = applied(['a', { size: 1, keyed: [{ name: 'x', v: 1 }] }])
    let refusal: unknown
    try {
      apply(live, thing({ size: 2, keyed: [{ name: 'x', v: 2 }] }), false, context('b'))
    } catch (error) {
      refusal = error
    }
    expect(isStatus(refusal, 'Conflict')).to.equal(true)
    const { message, details } = refusal as { message: string; details: { causes: unknown[] } }
    expect(message).to.equal('Apply failed with 2 conflicts: conflicts with "a":\n- .spec.keyed[name="x"].v\n- .spec.size')
    expect(details.causes).to.deep.equal([
      { reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.spec.keyed[name="x"].v' },
      { reason: 'FieldManagerConflict', message: 'conflict with "a"', field: '.spec.size' },
    ])
  })

  it('names an updater with its version', () => {
    const made = thing({ size: 1 })
    made.metadata.managedFields = managedFieldsAfterUpdate(undefined, made, context('kubectl-create'))!
    expect(() => apply(made, thing({ size: 2 }), false, context('b'))).to.throw(
      'Apply failed with 1 conflict: conflict with "kubectl-create" using x.dev/v1: .spec.size',
    )
  })

  it('is the same done twice', () => {
    const step: [string, Spec] = ['a', { size: 1, tags: ['p'], keyed: [{ name: 'x', v: 1 }], labels: { x: '1' } }]
    expect(applied(step, step)).to.deep.equal(applied(step))
  })
})

describe('managedFields of plain updates', () => {
  const updated = (live: KubeObject, spec: Spec, manager: string) => {
    const next = { ...thing(spec), metadata: { ...live.metadata } }
    next.metadata.managedFields = managedFieldsAfterUpdate(live, next, context(manager))!
    return next
  }
  const made = (spec: Spec) => {
    const object = thing(spec)
    object.metadata.managedFields = managedFieldsAfterUpdate(undefined, object, context('one'))!
    return object
  }
  it('gives a changed field to whoever changed it, and forgets removed ones', () => {
    const object = updated(made({ size: 1, color: 'red', labels: { x: '1' } }), { size: 2, labels: { x: '1', y: '1' } }, 'two')
    expect(owners(object)).to.deep.equal({
      one: { '.': {}, 'f:labels': { '.': {}, 'f:x': {} } },
      two: { 'f:labels': { 'f:y': {} }, 'f:size': {} },
    })
  })
  it('stays untracked until somebody applies', () => {
    const object = updated(thing({ size: 1 }), { size: 2 }, 'two')
    expect(object.metadata.managedFields).to.equal(undefined)
    expect(owners(apply(object, thing({ color: 'red' }), false, context('a')))).to.have.keys('a', 'before-first-apply')
  })
})

describe('field sets', () => {
  const step = fc.oneof(
    fc.stringMatching(/^[a-z.]{1,5}$/).map(name => `f:${name}`),
    fc.string().map(value => `v:${JSON.stringify(value)}`),
    fc.string().map(name => `k:${JSON.stringify({ name })}`),
  )
  const sets = fc.array(fc.array(step, { minLength: 1, maxLength: 4 })).map(paths => {
    const set: FieldSet = emptySet()
    for (const path of paths) insert(set, path)
    return set
  })
  it('read back what they write', () => fc.assert(fc.property(sets, set => equal(fromFieldsV1(toFieldsV1(set)), set))))
})

describe('merging any value', () => {
  const names = fc.constantFrom('x', 'y', 'z')
  const spec = fc.record(
    {
      size: fc.integer(),
      labels: fc.dictionary(names, fc.constantFrom('1', '2'), { noNullPrototype: true }),
      // An empty list of items has no owner.
      tags: fc.uniqueArray(names, { minLength: 1 }),
      keyed: fc.uniqueArray(fc.record({ name: names, v: fc.nat(3) }, { noNullPrototype: true }), {
        minLength: 1,
        selector: i => i.name,
      }),
      atomic: fc.array(names),
    },
    { requiredKeys: [], noNullPrototype: true },
  )
  it('leaves nothing to merge again', () =>
    fc.assert(
      fc.property(spec, spec, (a, b) => {
        const once = merge(schema, thing(a), thing(b))
        expect(merge(schema, once, thing(b))).to.deep.equal(once)
        const { added, modified } = compare(schema, once, merge(schema, once, thing(b)))
        return equal(added, emptySet()) && equal(modified, emptySet())
      }),
    ))
  it('applied by two, each keeps what it stated when the other leaves', () =>
    fc.assert(
      fc.property(spec, spec, (a, b) => {
        const both = applied(['a', a], ['b', b, true])
        const left = apply(both, thing({}), true, context('a'))
        const alone = applied(['b', b])
        expect(compare(schema, left, alone).added).to.deep.equal(emptySet())
        return true
      }),
    ))
})

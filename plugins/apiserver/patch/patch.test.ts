import { isStatus } from '@slipway/core/api'
import { definition } from '@slipway/core/api/kubernetes'
import { expect } from 'chai'
import fc from 'fast-check'
import { jsonPatch } from './json-patch.ts'
import { mergePatch } from './merge-patch.ts'
import { strategicMergePatch } from './strategic-merge-patch.ts'

describe('merge patch (the examples of RFC 7386)', () => {
  const cases: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ]
  for (const [target, patch, want] of cases)
    it(`${JSON.stringify(target)} + ${JSON.stringify(patch)}`, () => expect(mergePatch(target, patch)).to.deep.equal(want))
  it('never changes its target', () =>
    fc.assert(
      fc.property(fc.jsonValue(), fc.jsonValue(), (target, patch) => {
        const before = structuredClone(target)
        mergePatch(target, patch)
        expect(target).to.deep.equal(before)
      }),
    ))
})

describe('JSON patch', () => {
  const target = () => ({ a: { b: 1 }, list: [1, 2, 3] })
  it('adds, replaces, removes, moves, copies and tests', () =>
    expect(
      jsonPatch(target(), [
        { op: 'test', path: '/a/b', value: 1 },
        { op: 'add', path: '/list/-', value: 4 },
        { op: 'replace', path: '/a/b', value: 2 },
        { op: 'remove', path: '/list/0' },
        { op: 'copy', from: '/a', path: '/c' },
        { op: 'move', from: '/list', path: '/l' },
      ]),
    ).to.deep.equal({ a: { b: 2 }, c: { b: 2 }, l: [2, 3, 4] }))
  const refused: [string, unknown, number][] = [
    ['a failing test', [{ op: 'test', path: '/a/b', value: 9 }], 422],
    ['a path that is not there', [{ op: 'remove', path: '/nope' }], 422],
    ['an unknown operation', [{ op: 'frob', path: '/a' }], 422],
    ['what is no list', { op: 'add' }, 400],
    ['a path into the prototype', [{ op: 'add', path: '/__proto__/x', value: 1 }], 422],
  ]
  for (const [name, patch, code] of refused)
    it(`refuses ${name}`, () => {
      try {
        jsonPatch(target(), patch)
        expect.fail('it was accepted')
      } catch (error) {
        expect(isStatus(error) && error.code).to.equal(code)
      }
    })
})

describe('strategic merge patch', () => {
  const schema = definition('io.k8s.api.core.v1.Pod')
  const pod = {
    metadata: { finalizers: ['x.dev/a'], labels: { app: 'web' } },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'app:1',
          env: [
            { name: 'A', value: '1' },
            { name: 'B', value: '2' },
          ],
          args: ['x'],
        },
        { name: 'side', image: 'side:1' },
      ],
      tolerations: [{ key: 'a' }],
      volumes: [{ name: 'v', emptyDir: {} }],
    },
  }
  const patched = (patch: unknown) => strategicMergePatch(schema, pod, patch) as unknown as typeof pod
  const names = (list: { name: string }[]) => list.map(({ name }) => name)

  it('merges containers by name, and their env', () => {
    const [main, side] = patched({ spec: { containers: [{ name: 'main', image: 'app:2', env: [{ name: 'B', value: '3' }] }] } })
      .spec.containers
    expect(main).to.deep.equal({
      name: 'main',
      image: 'app:2',
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '3' },
      ],
      args: ['x'],
    })
    expect(side).to.deep.equal(pod.spec.containers[1])
  })
  it('deletes an item', () =>
    expect(names(patched({ spec: { containers: [{ name: 'side', $patch: 'delete' }] } }).spec.containers)).to.deep.equal([
      'main',
    ]))
  it('replaces a list', () =>
    expect(
      patched({ spec: { containers: [{ $patch: 'replace' }, { name: 'only', image: 'x' }] } }).spec.containers,
    ).to.deep.equal([{ name: 'only', image: 'x' }]))
  it('replaces a map', () =>
    expect(patched({ metadata: { labels: { $patch: 'replace', x: '1' } } }).metadata.labels).to.deep.equal({ x: '1' }))
  it('replaces an atomic list', () =>
    expect(patched({ spec: { tolerations: [{ key: 'b' }] } }).spec.tolerations).to.deep.equal([{ key: 'b' }]))
  it('puts new items in front, or where it is told', () => {
    expect(names(patched({ spec: { containers: [{ name: 'new' }] } }).spec.containers)).to.deep.equal(['new', 'main', 'side'])
    const patch = {
      $setElementOrder: undefined,
      spec: {
        '$setElementOrder/containers': [{ name: 'side' }, { name: 'new' }, { name: 'main' }],
        containers: [{ name: 'new' }],
      },
    }
    expect(names(patched({ spec: patch.spec }).spec.containers)).to.deep.equal(['side', 'new', 'main'])
  })
  it('adds to and deletes from lists of plain values', () => {
    expect(patched({ metadata: { finalizers: ['x.dev/b'] } }).metadata.finalizers).to.have.members(['x.dev/a', 'x.dev/b'])
    expect(patched({ metadata: { '$deleteFromPrimitiveList/finalizers': ['x.dev/a'] } }).metadata.finalizers).to.deep.equal([])
  })
  it('retains only the keys it names', () => {
    const [volume] = patched({ spec: { volumes: [{ $retainKeys: ['name', 'configMap'], name: 'v', configMap: { name: 'c' } }] } })
      .spec.volumes
    expect(volume).to.deep.equal({ name: 'v', configMap: { name: 'c' } })
  })
  it('deletes by null', () => expect(patched({ metadata: { labels: { app: null } } }).metadata.labels).to.deep.equal({}))
  it('refuses an item without its key', () =>
    expect(() => patched({ spec: { containers: [{ image: 'x' }] } })).to.throw(
      'map: map[image:x] does not contain declared merge key: name',
    ))
})

import type { KubeObject, ResourceKind } from '@slipway/core/api'
import { expect } from 'chai'
import fc from 'fast-check'
import { createGraph } from './graph.ts'

const kind: ResourceKind = { group: '', version: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true }
const object = (uid: string, owners: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: {
    name: uid,
    namespace: 'demo',
    uid,
    ownerReferences: owners.map(owner => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      name: owner,
      uid: owner,
      blockOwnerDeletion: true,
    })),
  },
})
const uid = fc.constantFrom('a', 'b', 'c', 'd', 'e')
const change = fc.oneof(fc.record({ put: uid, owners: fc.uniqueArray(uid, { maxLength: 3 }) }), fc.record({ remove: uid }))

describe('ownership graph', () => {
  it('has the edges of the objects it holds, whatever happened before', () =>
    fc.assert(
      fc.property(fc.array(change, { maxLength: 60 }), changes => {
        const graph = createGraph()
        const held = new Map<string, string[]>()
        for (const step of changes) {
          if ('put' in step) {
            graph.upsert(object(step.put, step.owners), kind)
            held.set(step.put, step.owners)
          } else {
            const { check } = graph.remove(step.remove)
            held.delete(step.remove)
            const pointing = [...held].filter(([, owners]) => owners.includes(step.remove)).map(([name]) => name)
            expect(check).to.include.members(pointing)
          }
          for (const owner of ['a', 'b', 'c', 'd', 'e'])
            expect(
              graph
                .dependents(owner)
                .map(n => n.uid)
                .sort(),
            ).to.deep.equal(
              [...held]
                .filter(([, owners]) => owners.includes(owner))
                .map(([name]) => name)
                .sort(),
            )
        }
        expect(graph.size).to.equal(held.size)
      }),
    ))

  it('asks to look again at an object whose owner it has not seen', () => {
    const graph = createGraph()
    expect(graph.upsert(object('a', ['b']), kind).checkSoon).to.deep.equal(['a'])
    graph.upsert(object('b', []), kind)
    expect(graph.upsert(object('c', ['b']), kind).checkSoon).to.deep.equal([])
  })
})

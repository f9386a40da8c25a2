import { expect } from 'chai'
import { compare } from './compare.ts'
import { judgeBy } from './judge.ts'
import { normalize } from './normalize.ts'
import { warningTexts } from './target.ts'
import { fill } from './template.ts'

const one = (body: unknown) => normalize([{ status: 200, body }], 'qabc')[0]!.body
const uid = (n: number) => `00000000-0000-0000-0000-00000000000${n}`

describe('normalize', () => {
  const cases = [
    { name: 'times', body: { at: '2026-01-02T03:04:05Z' }, want: { at: '<time>' } },
    { name: 'times of microseconds', body: { at: '2026-01-02T03:04:05.123456Z' }, want: { at: '<microtime>' } },
    {
      name: 'uids in order of sight, the same one twice',
      body: { a: uid(7), b: uid(3), c: `uid is ${uid(7)}` },
      want: { a: 'uid-1', b: 'uid-2', c: 'uid is uid-1' },
    },
    { name: 'the id of the case, in keys too', body: { 'k-qabc': 'contract-qabc' }, want: { 'k-ID': 'contract-ID' } },
    {
      name: 'resourceVersions by rank',
      body: { a: { metadata: { name: 'a', resourceVersion: '90' } }, b: { metadata: { name: 'b', resourceVersion: '100' } } },
      want: { a: { metadata: { name: 'a', resourceVersion: 'rv-1' } }, b: { metadata: { name: 'b', resourceVersion: 'rv-2' } } },
    },
    {
      name: 'the version of a list',
      body: { kind: 'PodList', items: [], metadata: { resourceVersion: '7' } },
      want: { kind: 'PodList', items: [], metadata: { resourceVersion: '<rv>' } },
    },
    {
      name: 'generated names',
      body: { metadata: { generateName: 'a-', name: 'a-x7f2q' } },
      want: { metadata: { generateName: 'a-', name: 'a-<random>' } },
    },
    {
      name: 'addresses',
      body: { clusterIP: '10.96.0.7', clusterIPs: ['10.96.0.7'] },
      want: { clusterIP: 'ip-1', clusterIPs: ['ip-1'] },
    },
    { name: 'ages in cells', body: { rows: [{ cells: ['a', '3s'] }] }, want: { rows: [{ cells: ['a', '<age>'] }] } },
    { name: 'a number stays', body: { replicas: 3 }, want: { replicas: 3 } },
    {
      name: 'managers by name, not by the second they wrote in',
      body: {
        managedFields: [
          { manager: 'b', operation: 'Apply' },
          { manager: 'a', operation: 'Apply' },
        ],
      },
      want: {
        managedFields: [
          { manager: 'a', operation: 'Apply' },
          { manager: 'b', operation: 'Apply' },
        ],
      },
    },
    {
      name: 'causes in one order, and the message after them',
      body: {
        kind: 'Status',
        message: 'X is invalid: [b: no, a: no]',
        details: {
          causes: [
            { field: 'b', message: 'no' },
            { field: 'a', message: 'no' },
          ],
        },
      },
      want: {
        kind: 'Status',
        message: 'X is invalid: [a: no, b: no]',
        details: {
          causes: [
            { field: 'a', message: 'no' },
            { field: 'b', message: 'no' },
          ],
        },
      },
    },
  ]
  for (const { name, body, want } of cases) it(name, () => expect(one(body)).to.deep.equal(want))
})

describe('compare', () => {
  const cases = [
    { name: 'equal', want: { a: [1, { b: null }] }, got: { a: [1, { b: null }] }, paths: [] },
    { name: 'a field that is missing', want: { a: 1 }, got: {}, paths: ['a'] },
    { name: 'a field too many', want: {}, got: { a: { b: 1 } }, paths: ['a'] },
    { name: 'inside a list of the same length', want: { a: [1, 2] }, got: { a: [1, 3] }, paths: ['a.1'] },
    { name: 'lists of different lengths are whole', want: { a: [1] }, got: { a: [1, 2] }, paths: ['a'] },
    { name: 'another type', want: { a: '1' }, got: { a: 1 }, paths: ['a'] },
  ]
  for (const { name, want, got, paths } of cases) it(name, () => expect(compare(want, got).map(d => d.path)).to.deep.equal(paths))
})

describe('judge', () => {
  const entry = { case: 'topic/one*', path: '0.body.*message', reason: 'words.' }
  const judge = judgeBy([entry])
  const answers = (message: string, code: number) => [{ status: 422, body: { message, code } }]

  it('forgives what is listed', () =>
    expect(judge('topic/one case', answers('a', 1), answers('b', 1))).to.deep.equal({ unlisted: [], used: [entry] }))
  it('not another field', () => expect(judge('topic/one case', answers('a', 1), answers('a', 2)).unlisted).to.have.length(1))
  it('not another case', () => expect(judge('topic/two', answers('a', 1), answers('b', 1)).unlisted).to.have.length(1))
})

describe('template', () => {
  const seen = { id: 'q1', ns: 'contract-q1', bodies: [{ metadata: { uid: 'u', generation: 3 }, items: [{ name: 'n' }] }] }
  const cases: [string, unknown, unknown][] = [
    ['names', '/x/{ns}/{id}', '/x/contract-q1/q1'],
    ['fields of answers', { a: ['{0.metadata.uid}'] }, { a: ['u'] }],
    ['list items', '{0.items.0.name}', 'n'],
    ['numbers as text', '{0.metadata.generation}', '3'],
    ['nothing else in braces', '{"a":{"b":1}} {x}', '{"a":{"b":1}} {x}'],
  ]
  for (const [name, value, want] of cases) it(name, () => expect(fill(value, seen)).to.deep.equal(want))
})

describe('warningTexts', () => {
  const cases: [string | undefined, string[]][] = [
    [undefined, []],
    ['299 - "a b"', ['a b']],
    ['299 - "unknown field \\"x\\"", 299 - "two"', ['unknown field "x"', 'two']],
  ]
  for (const [header, want] of cases) it(`${header}`, () => expect(warningTexts(header)).to.deep.equal(want))
})

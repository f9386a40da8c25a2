import { expect } from 'chai'
import fc from 'fast-check'
import { jsonPath } from './json-path.ts'

const object = {
  metadata: { name: 'x', labels: { 'app.kubernetes.io/name': 'web' } },
  spec: {
    ports: [
      { name: 'a', port: 80 },
      { name: 'b', port: 443 },
    ],
    none: null,
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Other', status: 'False' },
    ],
  },
}

describe('JSONPath of kubectl', () => {
  const cases: [path: string, want: unknown[]][] = [
    ['.metadata.name', ['x']],
    ['{.metadata.name}', ['x']],
    ['$.metadata.name', ['x']],
    ['.metadata.labels.app\\.kubernetes\\.io/name', ['web']],
    ["['metadata']['name']", ['x']],
    ['.spec.ports[0].port', [80]],
    ['.spec.ports[-1].name', ['b']],
    ['.spec.ports[*].name', ['a', 'b']],
    ['.spec.ports[0:1].name', ['a']],
    ['.spec.ports[?(@.port==443)].name', ['b']],
    ['.spec.ports[?(@.port > 80)].name', ['b']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type!='Ready')].status", ['False']],
    ['.status.conditions[?(@.reason)].type', []],
    ['..port', [80, 443]],
    ['.spec.none', []],
    ['.spec.missing.deep', []],
  ]
  for (const [path, want] of cases) it(path, () => expect(jsonPath(path)(object)).to.deep.equal(want))

  for (const path of ['.spec.ports[', '.a[?(@.b==c)]', '.a[x]', '.a b'])
    it(`refuses ${path}`, () => expect(() => jsonPath(path)).to.throw(SyntaxError, /invalid JSONPath/))

  it('never fails but by a SyntaxError', () =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'.[]()?@*"\'ab=01:\\$ '.split('')) }), text => {
        try {
          jsonPath(text)(object)
        } catch (error) {
          expect(error).to.be.instanceOf(SyntaxError)
        }
      }),
      { numRuns: 500 },
    ))
})

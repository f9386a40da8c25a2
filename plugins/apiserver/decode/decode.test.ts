import { expect } from 'chai'
import fc from 'fast-check'
import { duplicateFields } from './duplicate-fields.ts'
import { parseJson, parseYaml } from './parse-document.ts'
import { decodeProtobuf } from './protobuf/decode-protobuf.ts'

describe('duplicateFields', () => {
  const cases: [string, string[]][] = [
    ['{"a":1,"b":2}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"spec":{"x":[{"a":1},{"a":1,"b":{"c":1,"c":2}}]}}', ['spec.x[1].b.c']],
    ['{"a":{"a":1},"b":["a","a"],"c":"\\"a\\":{"}', []],
    ['{"a":1,"\\u0061":2}', ['a']],
    ['{"a":[[{"x":1}],[{"x":1,"x":2}]],"a":0}', ['a[1][0].x', 'a']],
  ]
  for (const [json, want] of cases) it(json, () => expect(duplicateFields(json)).to.deep.equal(want))
  it('finds none in what JSON.stringify wrote', () =>
    fc.assert(fc.property(fc.jsonValue(), value => duplicateFields(JSON.stringify(value)).length === 0)))
})

describe('parseJson', () => {
  const cases: [string, string][] = [
    ['', 'json parse error: unexpected end of JSON input'],
    ['{"a":', 'json parse error: unexpected end of JSON input'],
    ['hello', "json parse error: invalid character 'h' looking for beginning of value"],
    ['{"a":1,}', "json parse error: invalid character '}' looking for beginning of object key string"],
    ['{"a":1 "b"}', "json parse error: invalid character '\"' after object key:value pair"],
  ]
  for (const [text, want] of cases) it(text || '(empty)', () => expect(() => parseJson(text)).to.throw(SyntaxError, want))
})

describe('parseYaml', () => {
  it('reads YAML as Kubernetes does', async () =>
    expect((await parseYaml('a: yes\nb: 0o7\nc: "1"\nd: [x, {z: null}]\n')).value).to.deep.equal({
      a: true,
      b: '0o7',
      c: '1',
      d: ['x', { z: null }],
    }))
  it('tells keys that are given twice', async () =>
    expect((await parseYaml('a: 1\nb:\n  c: 1\n  c: 2\n')).duplicates).to.deep.equal(['line 4: key "c" already set in map']))
})

describe('decodeProtobuf', () => {
  const bytes = (...parts: (number | string | Uint8Array)[]) =>
    Buffer.concat(parts.map(part => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part as string))))
  const field = (number: number, value: Uint8Array | string) => bytes((number << 3) | 2, value.length, value)
  const body = (apiVersion: string, kind: string, raw: Uint8Array) =>
    bytes('k8s\0', field(1, bytes(field(1, apiVersion), field(2, kind))), field(2, raw))

  it('reads a ConfigMap', () => {
    const entry = (key: string, value: string) => field(2, bytes(field(1, key), field(2, value)))
    const raw = bytes(field(1, bytes(field(1, 'a'), field(8, ''))), entry('x', '1'), entry('y', ''), bytes((4 << 3) | 0, 1))
    expect(decodeProtobuf(body('v1', 'ConfigMap', raw))).to.deep.equal({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'a', creationTimestamp: null },
      data: { x: '1', y: '' },
      immutable: true,
    })
  })
  it('puts inlined structs in their place: a volume is its source', () => {
    const source = field(2, field(2, ''))
    const spec = field(1, bytes(field(1, 'v'), source))
    expect(decodeProtobuf(body('v1', 'Pod', field(2, spec)))).to.deep.include({
      spec: { volumes: [{ name: 'v', emptyDir: {} }] },
    })
  })
  it('refuses what is no such body', () => {
    expect(() => decodeProtobuf(Buffer.from('{}'))).to.throw(SyntaxError, 'does not appear to be a protobuf message')
    expect(() => decodeProtobuf(body('x.dev/v1', 'Thing', new Uint8Array()))).to.throw(SyntaxError, 'send it as JSON')
  })
  it('never fails otherwise than by SyntaxError', () =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), raw => {
        try {
          decodeProtobuf(body('v1', 'Pod', raw.subarray(0, 100)))
        } catch (error) {
          return error instanceof SyntaxError || error instanceof RangeError
        }
        return true
      }),
    ))
})

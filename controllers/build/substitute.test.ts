import { expect } from 'chai'
import { assert, property, string, uniqueArray } from 'fast-check'
import { argumentValues, expandTemplate, substitute } from './substitute.ts'

const values = new Map([
  ['IMAGE', 'reg/app'],
  ['EMPTY', ''],
  ['NESTED', '${IMAGE}'],
])
const cases = [
  { name: 'in text', before: '--destination=${IMAGE}', after: '--destination=reg/app' },
  { name: 'in lists and keys', before: { '${IMAGE}': ['a', '${IMAGE}'] }, after: { 'reg/app': ['a', 'reg/app'] } },
  { name: 'an empty value', before: 'x${EMPTY}y', after: 'xy' },
  { name: 'values are not looked at again', before: '${NESTED}', after: '${IMAGE}' },
  { name: 'unknown names stay', before: '${HOME}/$IMAGE', after: '${HOME}/$IMAGE' },
  { name: 'other types stay', before: { n: 3, b: true, z: null }, after: { n: 3, b: true, z: null } },
]

describe('substitute', () => {
  for (const { name, before, after } of cases) it(name, () => expect(substitute(before, values)).to.deep.equal(after))

  it('puts any value in unchanged', () => {
    assert(property(string(), value => substitute('<${X}>', new Map([['X', value]])) === `<${value}>`))
  })
})

describe('argumentValues', () => {
  const parameters = [{ name: 'IMAGE' }, { name: 'FILE', default: 'Dockerfile' }]
  it('takes defaults and arguments', () => {
    expect(argumentValues(parameters, [{ name: 'IMAGE', value: 'a' }])).to.deep.equal({
      values: new Map([
        ['FILE', 'Dockerfile'],
        ['IMAGE', 'a'],
      ]),
    })
  })
  it('names what is missing', () => expect(argumentValues(parameters)).to.have.property('problem').that.includes('IMAGE'))
  it('names what is unknown', () =>
    expect(argumentValues(parameters, [{ name: 'IMG', value: 'a' }]))
      .to.have.property('problem')
      .that.includes('no parameter IMG'))
  it('keeps every argument it is given', () => {
    assert(
      property(uniqueArray(string({ minLength: 1 })), names => {
        const result = argumentValues(
          names.map(name => ({ name })),
          names.map(name => ({ name, value: name })),
        )
        expect('values' in result && [...result.values.keys()]).to.deep.equal(names)
      }),
    )
  })
})

describe('expandTemplate', () => {
  it('adds the template env to each step and the build volumes to the template volumes', () => {
    const spec = {
      template: { name: 't', kind: 'BuildTemplate' as const, env: [{ name: 'A', value: '1' }] },
      volumes: [{ name: 'mine' }],
    }
    const template = {
      steps: [
        { name: 'a', image: 'x', env: [{ name: 'B', value: '2' }] },
        { name: 'b', image: 'y' },
      ],
      volumes: [{ name: 'its' }],
    }
    expect(expandTemplate(spec, template)).to.deep.equal({
      steps: [
        {
          name: 'a',
          image: 'x',
          env: [
            { name: 'B', value: '2' },
            { name: 'A', value: '1' },
          ],
        },
        { name: 'b', image: 'y', env: [{ name: 'A', value: '1' }] },
      ],
      volumes: [{ name: 'its' }, { name: 'mine' }],
    })
  })
})

import { isStatus, type KubeObject } from '@slipway/core/api'
import { expect } from 'chai'
import fc from 'fast-check'
import { fieldSelector } from './field-selector.ts'
import { labelSelector } from './label-selector.ts'

const message = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    expect(isStatus(error, 'BadRequest')).to.equal(true)
    return (error as Error).message
  }
  return expect.fail('it was accepted')
}

describe('labelSelector', () => {
  const web = { app: 'web', tier: 'front', 'a.b/c': '', n: '5' }
  const cases: [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web', true],
    [' app = web , tier = front ', true],
    ['app=web,tier=back', false],
    ['app!=web', false],
    ['missing!=x', true],
    ['app', true],
    ['!app', false],
    ['!missing', true],
    ['app in (web, api)', true],
    ['app in (api)', false],
    ['app notin (api,db)', true],
    ['missing notin (api)', true],
    ['a.b/c=', true],
    ['a.b/c', true],
    ['a.b/c in (,x)', true],
    ['n>4', true],
    ['n<5', false],
    ['n>x1'.replace('x1', '10'), false],
    ['tier notin (back),app in (web),!gone', true],
  ]
  for (const [text, want] of cases) it(`${text || '(empty)'} → ${want}`, () => expect(labelSelector(text)(web)).to.equal(want))

  const wrong: [string, RegExp][] = [
    ['app=web,', /^found '', expected: identifier after ','$/],
    ['app web', /found 'web', expected: in, notin, =, ==, !=, gt, lt/],
    ['app in web', /^unable to parse requirement: found 'web' expected: '\('$/],
    ['-x=1', /^unable to parse requirement: <nil>: Invalid value: "-x": name part must consist of/],
    ['a=-', /a valid label must be an empty string or consist of/],
    ['n>x', /the value must be an integer/],
  ]
  for (const [text, want] of wrong) it(`${text} is refused`, () => expect(message(() => labelSelector(text))).to.match(want))

  it('takes any text without hanging or failing otherwise than by BadRequest', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('a', '=', '!', ',', '(', ')', ' ', 'in', ' in ', 'notin', '<', '>', '/', '.', '-') }),
        text => {
          try {
            labelSelector(text)(web)
          } catch (error) {
            return isStatus(error, 'BadRequest')
          }
          return true
        },
      ),
    )
  })
})

describe('fieldSelector', () => {
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'a', namespace: 'demo' },
    spec: { nodeName: 'n1' },
    status: { phase: 'Running' },
  } as KubeObject
  const cases: [string, boolean][] = [
    ['', true],
    ['metadata.name=a', true],
    ['metadata.name!=a', false],
    ['spec.nodeName=n1,status.phase=Running', true],
    ['spec.nodeName=', false],
    ['status.podIP=', true],
    ['status.phase!=Failed', true],
    ['spec.hostNetwork=false', true],
  ]
  for (const [text, want] of cases)
    it(`${text || '(empty)'} → ${want}`, () => expect(fieldSelector(text, 'pods').matches(pod)).to.equal(want))

  it('knows the name it demands', () => expect(fieldSelector('metadata.name=a', 'pods').name).to.equal('a'))
  it('refuses a field that is not offered', () =>
    expect(message(() => fieldSelector('spec.image=x', 'pods'))).to.equal('field label not supported: spec.image'))
  it('refuses what is no selector', () =>
    expect(message(() => fieldSelector('metadata.name', 'pods'))).to.equal(
      "invalid selector: 'metadata.name'; can't understand 'metadata.name'",
    ))
})

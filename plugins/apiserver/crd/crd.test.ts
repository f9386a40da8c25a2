import { describeFieldError, type JsonSchema, type KubeObject } from '@slipway/core/api'
import { allKinds } from '@slipway/core/api/kinds'
import { expect } from 'chai'
import { builtinResources } from '../builtin/registry.ts'
import type { CrdVersion, CustomResourceDefinition } from './definition.ts'
import { crdOfKind, groupKinds, servedFromKind } from './kinds.ts'
import { servedFromCrd } from './served.ts'
import { crdStatus, isEstablished } from './status.ts'

const crds = builtinResources().find(r => r.kind === 'CustomResourceDefinition')!
const version = (spec: JsonSchema | undefined, more: Partial<CrdVersion> = {}): CrdVersion => ({
  name: 'v1',
  served: true,
  storage: true,
  ...(spec && { schema: { openAPIV3Schema: { type: 'object', properties: { spec } } } }),
  ...more,
})
const crd = (versions: CrdVersion[], more: object = {}): CustomResourceDefinition => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.g.dev' },
  spec: { group: 'g.dev', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions, ...more },
})
const object: JsonSchema = { type: 'object' }
const withField = (a: JsonSchema) => crd([version({ type: 'object', properties: { a } })])

/** As the server does it. */
function problemsOf(given: CustomResourceDefinition, old?: CustomResourceDefinition): string[] {
  const ready = (c: CustomResourceDefinition) => {
    const copy = structuredClone(c)
    crds.decode!(copy)
    crds.defaults!(copy)
    return copy
  }
  return crds.validate!(ready(given), old && ready(old)).map(describeFieldError)
}

describe('what is refused in a CustomResourceDefinition', () => {
  const at = 'spec.validation.openAPIV3Schema.properties[spec].properties[a]'
  const cases: [name: string, given: CustomResourceDefinition, want: string[], old?: CustomResourceDefinition][] = [
    ['nothing in a right one', crd([version(object)]), []],
    [
      'another name',
      { ...crd([version(object)]), metadata: { name: 'x' } },
      ['metadata.name: Invalid value: "x": must be spec.names.plural+"."+spec.group'],
    ],
    ['no schema', crd([version(undefined)]), ['spec.versions[0].schema.openAPIV3Schema: Required value']],
    ['a field without type', withField({}), [`${at}.type: Required value: must not be empty for specified object fields`]],
    [
      'an unknown type',
      withField({ type: 'text' as 'string' }),
      [`${at}.type: Unsupported value: "text": supported values: "array", "boolean", "integer", "number", "object", "string"`],
    ],
    ['a list of anything', withField({ type: 'array' }), [`${at}.items: Required value: must be specified`]],
    [
      'a map list without keys',
      withField({ type: 'array', items: object, 'x-kubernetes-list-type': 'map' }),
      [`${at}.x-kubernetes-list-map-keys: Required value: must not be empty if x-kubernetes-list-type is map`],
    ],
    [
      'a default of a wrong type',
      withField({ type: 'integer', default: 'x' }),
      [`${at}.default: Invalid value: "string":  in body must be of type integer: "string"`],
    ],
    [
      'a type within anyOf',
      withField({ type: 'object', anyOf: [{ type: 'object' }] }),
      [`${at}.anyOf[0].type: Forbidden: must be empty to be structural`],
    ],
    [
      'a pattern that is none',
      withField({ type: 'string', pattern: '(' }),
      [
        `${at}.pattern: Invalid value: "(": must be a valid regular expression, but isn't: error parsing regexp: missing closing ): \`(\``,
      ],
    ],
    [
      'a rule over a field that is not there',
      withField({ type: 'object', properties: { b: { type: 'integer' } }, 'x-kubernetes-validations': [{ rule: 'self.c > 1' }] }),
      [
        `${at}.x-kubernetes-validations[0].rule: Invalid value: {"Rule":"self.c \\u003e 1","Message":"","MessageExpression":"","Reason":null,"FieldPath":"","OptionalOldSelf":null}: compilation failed: ERROR: <input>:1:5: undefined field 'c'\n | self.c > 1\n | ....^`,
      ],
    ],
    [
      'two stored versions',
      crd([version(object), version(object, { name: 'v2' })]),
      [
        'spec.versions: Invalid value: [{"Name":"v1","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null},{"Name":"v2","Served":true,"Storage":true,"Deprecated":false,"DeprecationWarning":null,"Schema":null,"Subresources":null,"AdditionalPrinterColumns":null,"SelectableFields":null}]: must have exactly one version marked as storage version',
        'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
      ],
    ],
    [
      'a printer column of no type',
      crd([version(object, { additionalPrinterColumns: [{ name: 'A', type: 'x', jsonPath: '.spec' }] })]),
      ['spec.additionalPrinterColumns[0].type: Invalid value: "x": must be one of boolean,date,integer,number,string'],
    ],
    [
      'another group',
      crd([version(object)], { group: 'h.dev' }),
      [
        'metadata.name: Invalid value: "widgets.g.dev": must be spec.names.plural+"."+spec.group',
        'spec.group: Invalid value: "h.dev": field is immutable',
      ],
      crd([version(object)]),
    ],
  ]
  for (const [name, given, want, old] of cases) it(name, () => expect(problemsOf(given, old)).to.deep.equal(want))
})

describe('the kinds that are declared in code', () => {
  it('make CRDs that a server takes, without a field that it does not know', () => {
    for (const versions of groupKinds(allKinds)) {
      const made = crdOfKind(versions)
      expect(crds.decode!(structuredClone(made)), made.metadata.name).to.deep.equal({ unknown: [] })
      expect(problemsOf(made), made.metadata.name).to.deep.equal([])
    }
  })
  it('keep their defaults, checks and conversions', () => {
    for (const kind of allKinds) {
      const served = servedFromKind(kind)
      expect(served).to.include({ kind: kind.kind, resource: kind.resource, builtin: false, schema: kind.schema })
      expect(Boolean(served.defaults), kind.kind).to.equal(Boolean(kind.defaults))
    }
  })
  it('refuse versions of different kinds', () => expect(() => crdOfKind(allKinds.slice(0, 2))).to.throw(/versions of one kind/))
})

describe('a CRD that is accepted', () => {
  const now = Date.parse('2026-01-01T00:00:00Z')
  const accepted = (given: CustomResourceDefinition, others: CustomResourceDefinition[] = []) => ({
    ...given,
    status: crdStatus(given, others, now),
  })

  it('is established, and keeps the times of what did not change', () => {
    const first = accepted(crd([version(object)]))
    expect(isEstablished(first)).to.equal(true)
    expect(first.status.storedVersions).to.deep.equal(['v1'])
    expect(crdStatus(first, [], now + 60_000)).to.deep.equal(first.status)
  })
  it('is not, when its names are taken', () => {
    const other = accepted({ ...crd([version(object)]), metadata: { name: 'other.g.dev' } })
    const second = accepted(crd([version(object)]), [other])
    expect(isEstablished(second)).to.equal(false)
    expect(second.status.conditions![0]).to.include({ reason: 'PluralConflict', message: '"widgets" is already in use' })
  })
  it('is served in each of its versions', () => {
    const versions = [
      version(object, { deprecated: true, name: 'v1beta1', storage: false }),
      version(object),
      version(object, { name: 'v0', served: false, storage: false }),
    ]
    const served = servedFromCrd(crd(versions))
    expect(served.map(r => [r.version, r.storageVersion])).to.deep.equal([
      ['v1beta1', 'v1'],
      ['v1', 'v1'],
    ])
    expect(served[0]!.deprecationWarning).to.equal('g.dev/v1beta1 Widget is deprecated; use g.dev/v1 Widget')
    const stored = served[0]!.toStorage!({ apiVersion: 'g.dev/v1beta1', kind: 'Widget', metadata: { name: 'x' } } as KubeObject)
    expect(stored.apiVersion).to.equal('g.dev/v1')
  })
})

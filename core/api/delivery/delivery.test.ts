import { expect } from 'chai'
import { applyDefaults, describeFieldError, type Kind, prune, validateSchema } from '../index.ts'
import { Repository, Rollout } from './index.ts'

/** What a server says of a spec: unknown fields, schema, then the kind's own checks. */
function problems(kind: Kind, spec: unknown): string[] {
  const object = { apiVersion: `${kind.group}/${kind.version}`, kind: kind.kind, metadata: { name: 'hello' }, spec } as never
  applyDefaults(kind.schema, object)
  const unknown = prune(
    { ...kind.schema, properties: { ...kind.schema.properties, apiVersion: {}, kind: {}, metadata: {} } },
    object,
  )
  const wrong = validateSchema(kind.schema, object)
  const own = wrong.length ? [] : (kind.validate?.(object) ?? [])
  return [...unknown, ...[...wrong, ...own].map(describeFieldError)]
}

describe('Repository and Rollout', () => {
  const cases: { name: string; kind: unknown; spec: unknown; want: RegExp | undefined }[] = [
    { name: 'an empty Repository: defaults say the rest', kind: Repository, spec: {}, want: undefined },
    { name: 'no branch at all', kind: Repository, spec: { branches: [] }, want: /spec\.branches: Required value/ },
    {
      name: 'a full ref as a branch',
      kind: Repository,
      spec: { branches: ['refs/heads/main'] },
      want: /spec\.branches\[0\].*without refs\/heads/,
    },
    {
      name: 'a Service name that cannot be',
      kind: Repository,
      spec: { release: { service: '1x' } },
      want: /spec\.release\.service: Invalid value/,
    },
    {
      name: 'a Service name too long for its revisions',
      kind: Repository,
      spec: { release: { service: 'a'.repeat(41) } },
      want: /at most 40/,
    },
    {
      name: 'a folder outside the tree',
      kind: Repository,
      spec: { build: { directory: '../x' } },
      want: /spec\.build\.directory/,
    },
    {
      name: 'a builder that is none',
      kind: Repository,
      spec: { build: { builder: 'magic' } },
      want: /supported values: "auto", "layers", "dockerfile"/,
    },
    {
      name: 'steps beside a reference',
      kind: Repository,
      spec: { release: { rollout: { ref: 'x', steps: [{ setWeight: 1 }] } } },
      want: /rollout\.steps: Forbidden/,
    },
    {
      name: 'a bad step inside a Repository',
      kind: Repository,
      spec: { release: { rollout: { steps: [{}] } } },
      want: /spec\.release\.rollout\.steps\[0\]: Required/,
    },
    { name: 'an unknown field', kind: Repository, spec: { brunches: ['main'] }, want: /spec\.brunches/ },
    { name: 'a Rollout of a Service', kind: Rollout, spec: { serviceRef: { name: 'hello' } }, want: undefined },
    { name: 'a Rollout of nothing', kind: Rollout, spec: {}, want: /spec\.serviceRef: Required value/ },
    {
      name: 'a weight over 100',
      kind: Rollout,
      spec: { serviceRef: { name: 'x' }, steps: [{ setWeight: 101 }] },
      want: /less than or equal to 100/,
    },
    {
      name: 'a step of two actions',
      kind: Rollout,
      spec: { serviceRef: { name: 'x' }, steps: [{ setWeight: 1, pause: {} }] },
      want: /steps\[0\].*only one of/,
    },
    {
      name: 'a negative pause',
      kind: Rollout,
      spec: { serviceRef: { name: 'x' }, steps: [{ pause: { duration: '-5s' } }] },
      want: /pause\.duration.*not be negative/,
    },
    {
      name: 'a pause that is no duration',
      kind: Rollout,
      spec: { serviceRef: { name: 'x' }, steps: [{ pause: { duration: 'soon' } }] },
      want: /must be of type duration/,
    },
    {
      name: 'a pause until resumed',
      kind: Rollout,
      spec: { serviceRef: { name: 'x' }, steps: [{ pause: {} }] },
      want: undefined,
    },
    {
      name: 'an action that is none',
      kind: Rollout,
      spec: { serviceRef: { name: 'x' }, request: { id: '1', action: 'go' } },
      want: /supported values/,
    },
  ]
  for (const { name, kind, spec, want } of cases)
    it(name, () => {
      const found = problems(kind as Kind, spec)
      if (want) expect(found.join('; ')).to.match(want)
      else expect(found).to.deep.equal([])
    })
})

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { generate, reachable } from './generate.ts'
import { allFields, goStructs } from './go-fields.ts'

const source = `package v1

type Thing struct {
	metav1.TypeMeta \`json:",inline"\`
	// The name.
	Name string \`json:"name" protobuf:"bytes,1,opt,name=name"\`
	Size int32 \`json:"size,omitempty"\`
	Limit *int32 \`json:"limit,omitempty"\`
	Part \`json:",inline"\`
	Hidden string \`json:"-"\`
}

type Part struct {
	Spec Spec \`json:"spec,omitempty"\`
}
`
const text = { description: 'A text.' }
const definitions = {
  'io.k8s.api.core.v1.Thing': {
    ...text,
    type: 'object',
    properties: {
      name: { type: 'string', ...text },
      size: { type: 'integer', format: 'int32' },
      limit: { type: 'integer', format: 'int32' },
      spec: { $ref: '#/definitions/io.k8s.api.core.v1.Spec', 'x-kubernetes-patch-strategy': 'replace' },
    },
    'x-kubernetes-group-version-kind': [{ group: '', version: 'v1', kind: 'Thing' }],
  },
  'io.k8s.api.core.v1.Spec': { type: 'object', properties: { a: { type: 'string' } } },
  'io.k8s.api.core.v1.Unused': { type: 'object' },
}

describe('generating the definitions', () => {
  it('reads fields from Go, those of inlined structs too', () => {
    expect(allFields(goStructs(source), 'Thing').map(f => [f.name, f.type, f.omitEmpty])).to.deep.equal([
      ['name', 'string', false],
      ['size', 'int32', true],
      ['limit', '*int32', true],
      ['spec', 'Spec', true],
    ])
  })
  it('keeps what a served kind reaches', () =>
    expect(reachable(definitions)).to.deep.equal(['io.k8s.api.core.v1.Spec', 'io.k8s.api.core.v1.Thing']))

  it('writes schemas without texts, and texts without schemas', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'definitions-'))
    try {
      await writeFile(join(folder, 'openapi.json'), JSON.stringify({ definitions }))
      await generate(join(folder, 'openapi.json'), [], `${folder}/`)
      const read = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8'))
      const { 'io.k8s.api.core.v1.Thing': thing } = await read('definitions.json')
      expect(thing.properties.name).to.deep.equal({ type: 'string' })
      expect(thing.properties.spec).to.deep.equal({ $ref: 'io.k8s.api.core.v1.Spec', 'x-kubernetes-patch-strategy': 'replace' })
      expect((await read('descriptions.json'))['io.k8s.api.core.v1.Thing']).to.deep.equal({ '': 'A text.', name: 'A text.' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})

/**
 * Slipway's own kinds on a real API server: each CustomResourceDefinition that the code makes is accepted, established and structural.
 * They are read from the embedded server, which made them of the kinds, and put to the real one as `kubectl apply` would.
 */
import { join } from 'node:path'
import { allKinds } from '@slipway/core/api/kinds'
import { createApiServer } from '@slipway/plugin-apiserver/server'
import { connect, type Target } from '../contract/target.ts'
import { withScope } from '../harness/scope.ts'
import { waitFor } from '../harness/wait-for.ts'

interface Condition {
  type: string
  status: string
  message?: string
}
interface Definition {
  apiVersion?: string
  kind?: string
  metadata: { name: string; annotations?: Record<string, string> }
  spec: { group: string; names: { plural: string }; versions: { name: string; served: boolean }[] }
  status?: { conditions?: Condition[] }
}
const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'

async function definitionsOf(target: Target): Promise<Definition[]> {
  const connection = connect(target)
  try {
    const { status, text } = await connection.call({ method: 'GET', path, headers: {} })
    if (status !== 200) throw new Error(`cannot list the definitions: ${status} ${text}`)
    return (JSON.parse(text) as { items: Definition[] }).items
  } finally {
    connection.close()
  }
}

const embeddedDefinitions = (): Promise<Definition[]> =>
  withScope(async scope => {
    const server = await createApiServer({ dataDir: join(await scope.folder(), 'data'), kinds: allKinds })
    scope.defer(() => server.close())
    return definitionsOf(server.connection)
  })

/** What went wrong, by the definition's name; `made` is how many definitions there are. */
export async function checkSlipwayKinds(real: Target): Promise<{ made: number; failures: Map<string, string> }> {
  const definitions = await embeddedDefinitions()
  const failures = new Map<string, string>()
  const connection = connect(real)
  try {
    for (const { metadata, spec } of definitions) {
      const { name, annotations } = metadata
      const body = {
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name, ...(annotations && { annotations }) },
        spec,
      }
      const made = await connection.call({
        method: 'POST',
        path: `${path}?fieldValidation=Strict`,
        headers: { 'content-type': 'application/json' },
        text: JSON.stringify(body),
      })
      if (made.status !== 201) {
        failures.set(name, `${made.status} ${(JSON.parse(made.text) as { message?: string }).message}`)
        continue
      }
      // The server judges names and schema a moment after it has taken the definition.
      let conditions: Condition[] = []
      const settled = await waitFor(
        `${name} to be established`,
        async () => {
          const { text } = await connection.call({ method: 'GET', path: `${path}/${name}`, headers: {} })
          conditions = (JSON.parse(text) as Definition).status?.conditions ?? []
          return conditions.some(({ type, status }) => type === 'Established' && status === 'True')
        },
        { timeoutMs: 30_000 },
      ).catch(() => false)
      const wrong = conditions.filter(({ type, status }) => status !== (type === 'NonStructuralSchema' ? 'False' : 'True'))
      if (!settled || wrong.length)
        failures.set(name, wrong.map(({ type, status, message }) => `${type}=${status}: ${message}`).join('; '))
    }
    return { made: definitions.length, failures }
  } finally {
    connection.close()
  }
}

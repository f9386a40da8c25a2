/** Builds columns of built-in resources: each a name, what it shows, and whether only `-o wide` shows it. Source: k8s.io/kubernetes pkg/printers/internalversion/printers.go */
import type { KubeObject } from '@slipway/core/api'
import type { Column } from '../../served-resource.ts'
import { ageSince } from '../../table/age.ts'

/** An object of a built-in type, whose fields are known to be of the right types: it was decoded before it was stored. */
// biome-ignore lint/suspicious/noExplicitAny: cells read deep into forty types; declaring each would say less than the field names do
export type Loose = KubeObject & Record<string, any>
type Cell = (object: Loose, now: number) => unknown

const column = (type: Column['type'], name: string, cell: Cell, priority: number, description: string): Column => ({
  name,
  type,
  description,
  ...(priority && { priority }),
  cell: cell as Column['cell'],
})

export const text = (name: string, cell: Cell, description = ''): Column => column('string', name, cell, 0, description)
export const wide = (name: string, cell: Cell, description = ''): Column => column('string', name, cell, 1, description)
export const count = (name: string, cell: Cell, description = ''): Column =>
  column('integer', name, (object, now) => cell(object, now) ?? 0, 0, description)
export const flag = (name: string, cell: Cell, description = ''): Column => column('boolean', name, cell, 0, description)

const creation =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata'

export const age = text('Age', (o, now) => ageSince(o.metadata.creationTimestamp, now), creation)

/** What resources show that have no columns of their own. Source: k8s.io/apiserver pkg/registry/rest/table.go */
export const createdAt: Column = {
  name: 'Created At',
  type: 'date',
  description: creation,
  cell: o => o.metadata.creationTimestamp,
}

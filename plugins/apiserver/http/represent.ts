/** The form in which one object goes out: itself, a table of one row, or its metadata alone. */
import { badRequest, type KubeObject } from '@slipway/core/api'
import { servedJson, servedView } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import { Entry } from '../store/entry.ts'
import { toTable } from '../table/table.ts'
import type { Call, ServerContext } from '../verbs/call.ts'

export type IncludeObject = 'None' | 'Metadata' | 'Object'
const measures = ['None', 'Metadata', 'Object']
/** @throws StatusError 400 */
export function includeObject({ query }: Call): IncludeObject {
  const asked = query.get('includeObject') || 'Metadata'
  if (measures.includes(asked)) return asked as IncludeObject
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(asked)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

export const partialMetadata = (object: KubeObject, version = 'v1') => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
})

/** @param what an entry of the call's resource, or an object that is ready to go out */
export function represent({ now }: Pick<ServerContext, 'now'>, call: Call, what: Entry | KubeObject): string {
  const { accept, resource } = call
  if (accept.form === 'object') return what instanceof Entry ? servedJson(resource, what) : JSON.stringify(what)
  const object = what instanceof Entry ? servedView(resource, what) : what
  if (accept.form !== 'Table') return JSON.stringify(partialMetadata(object, accept.version))
  return JSON.stringify(tableOf(resource, [object], now(), call, { resourceVersion: object.metadata.resourceVersion }))
}

export interface TableMeta {
  resourceVersion?: string | undefined
  continue?: string | undefined
  remainingItemCount?: number | undefined
  headers?: boolean
}

export function tableOf(resource: ServedResource, objects: readonly KubeObject[], now: number, call: Call, meta: TableMeta) {
  const given = Object.fromEntries(Object.entries(meta).filter(([, value]) => value !== undefined))
  const table = toTable(resource, objects, { now, includeObject: includeObject(call), ...given })
  return { ...table, apiVersion: `meta.k8s.io/${call.accept.version}` }
}

/** Objects as a `meta.k8s.io/v1` Table, which is what `kubectl get` asks for. Pure. */
import type { KubeObject } from '@slipway/core/api'
import { readDescriptionsOf } from '@slipway/core/api/kubernetes'
import type { Column, ServedResource } from '../served-resource.ts'
import { ageSince } from './age.ts'
import { type JsonPath, jsonPath } from './json-path.ts'

export interface TableOptions {
  /** Of the list, or of the object. */
  resourceVersion?: string
  continue?: string
  remainingItemCount?: number
  /** Milliseconds since the epoch. */
  now: number
  /** What each row carries of its object. Default: its metadata. */
  includeObject?: 'None' | 'Metadata' | 'Object'
  /** False leaves the column definitions out, as in all but the first event of a watch. */
  headers?: boolean
}

export interface TableRow {
  cells: unknown[]
  conditions?: { type: string; status: string; reason: string; message: string }[]
  object: unknown
}
export interface Table {
  kind: 'Table'
  apiVersion: 'meta.k8s.io/v1'
  metadata: { resourceVersion?: string; continue?: string; remainingItemCount?: number }
  columnDefinitions: { name: string; type: string; format: string; description: string; priority: number }[]
  rows: TableRow[]
}

export const nameColumn: Column = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description:
    'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names',
  cell: object => object.metadata.name,
}

type Cell = (object: KubeObject, now: number) => unknown
/** Columns are compiled once for each resource that lives. */
const compiled = new WeakMap<readonly Column[], Cell[]>()

function cellsOf(columns: readonly Column[]): Cell[] {
  let cells = compiled.get(columns)
  if (!cells) compiled.set(columns, (cells = columns.map(column => column.cell ?? pathCell(column))))
  return cells
}

/** Source: cellForJSONValue in k8s.io/apiextensions-apiserver pkg/registry/customresource/tableconvertor */
function pathCell({ type, jsonPath: source = '' }: Column): Cell {
  let path: JsonPath
  try {
    path = jsonPath(source)
  } catch {
    return () => null
  }
  return (object, now) => {
    const [value] = path(object)
    if (value === undefined || value === null) return null
    switch (type) {
      case 'string':
        return typeof value === 'object' ? JSON.stringify(value) : String(value)
      case 'integer':
        return typeof value === 'number' ? Math.trunc(value) : null
      case 'number':
        return typeof value === 'number' ? value : null
      case 'boolean':
        return typeof value === 'boolean' ? value : null
      case 'date':
        return typeof value === 'string' ? ageSince(value, now) : null
    }
  }
}

const withName = new WeakMap<readonly Column[], Column[]>()

/** The columns of a resource, Name included. */
export function columnsOf({ columns, ownNameColumn }: ServedResource): readonly Column[] {
  if (ownNameColumn) return columns
  let all = withName.get(columns)
  if (!all) withName.set(columns, (all = [nameColumn, ...columns]))
  return all
}

const texts = new Map<string, string>()

/** `@core.v1.PodStatus/podIP` stands for the text of that field, read when a header is first sent. */
function descriptionOf(description: string): string {
  if (!description.startsWith('@')) return description
  const known = texts.get(description)
  if (known !== undefined) return known
  const [name, field] = description.slice(1).split('/') as [string, string]
  const text = readDescriptionsOf(`io.k8s.api.${name}`)[field] ?? ''
  texts.set(description, text)
  return text
}

const rowObject = (object: KubeObject, include: TableOptions['includeObject']): unknown => {
  if (include === 'None') return null
  if (include === 'Object') return object
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata }
}

/** @param objects as this resource serves them */
export function toTable(resource: ServedResource, objects: readonly KubeObject[], options: TableOptions): Table {
  const columns = columnsOf(resource)
  const cells = cellsOf(columns)
  const { now, includeObject = 'Metadata', headers = true } = options
  const rows = objects.map(object => {
    const conditions = resource.rowConditions?.(object)
    return {
      cells: cells.map(cell => cell(object, now) ?? null),
      ...(conditions && { conditions }),
      object: rowObject(object, includeObject),
    }
  })
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: {
      ...(options.resourceVersion && { resourceVersion: options.resourceVersion }),
      ...(options.continue && { continue: options.continue }),
      ...(options.remainingItemCount && { remainingItemCount: options.remainingItemCount }),
    },
    columnDefinitions: headers
      ? columns.map(({ name, type, format = '', description = '', priority = 0 }) => ({
          name,
          type,
          format,
          description: descriptionOf(description),
          priority,
        }))
      : [],
    rows,
  }
}

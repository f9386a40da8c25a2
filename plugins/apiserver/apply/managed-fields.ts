/** The managedFields list of an object: reading, writing, ordering. Source: k8s.io/apimachinery pkg/util/managedfields/internal/managedfields.go */
import type { ManagedFieldsEntry } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { type FieldSet, fromFieldsV1, isEmpty, toFieldsV1, union } from './field-set.ts'

export interface Manager {
  name: string
  operation: 'Apply' | 'Update'
  /** The version in which the fields are named. */
  apiVersion: string
  subresource: string
  time?: string
  fields: FieldSet
}
/** By identity: who, how, where; for updates also in which version. */
export type Managers = Map<string, Manager>

export const identityOf = ({ name, operation, apiVersion, subresource }: Omit<Manager, 'fields' | 'time'>): string =>
  JSON.stringify([name, operation, operation === 'Update' ? apiVersion : '', subresource])

/** Entries that cannot be read are dropped, as kube-apiserver does when an object is stored with them. */
export function decodeManagers(entries: readonly ManagedFieldsEntry[] | undefined): Managers {
  const managers: Managers = new Map()
  for (const entry of entries ?? []) {
    if (!entry.operation || !entry.fieldsV1) continue
    const manager: Manager = {
      name: entry.manager ?? '',
      operation: entry.operation,
      apiVersion: entry.apiVersion ?? '',
      subresource: entry.subresource ?? '',
      ...(entry.time && { time: entry.time }),
      fields: fromFieldsV1(entry.fieldsV1),
    }
    managers.set(identityOf(manager), manager)
  }
  return managers
}

const order = (a: Manager, b: Manager): number =>
  compareText(a.operation, b.operation) ||
  compareText(a.time ?? '', b.time ?? '') ||
  compareText(a.name, b.name) ||
  compareText(a.apiVersion, b.apiVersion) ||
  compareText(a.subresource, b.subresource)
const compareText = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

export const encodeManagers = (managers: Managers): ManagedFieldsEntry[] =>
  [...managers.values()].sort(order).map(({ name, operation, apiVersion, subresource, time, fields }) => ({
    manager: name,
    operation,
    apiVersion,
    ...(time && { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(fields),
    ...(subresource && { subresource }),
  }))

/**
 * Sets the time of the one that wrote something, drops those that own nothing more, and merges the oldest updaters into one beyond ten.
 * @param wrote undefined when the write changed no field: a manager that only joins in has no time
 * Source: managedfields/internal/managedfieldsupdater.go, capmanagers.go
 */
export function settle(before: Managers, after: Managers, wrote: string | undefined, now: number): Managers {
  const settled: Managers = new Map()
  for (const [id, { time: _, ...manager }] of after) {
    if (isEmpty(manager.fields)) continue
    const time = id === wrote && manager.subresource !== 'scale' ? rfc3339(now) : before.get(id)?.time
    settled.set(id, { ...manager, ...(time && { time }) })
  }
  return capped(settled)
}

const maxUpdaters = 10
const ancient = 'ancient-changes'

function capped(managers: Managers): Managers {
  const updaters = [...managers].filter(([, m]) => m.operation === 'Update' && !m.subresource)
  if (updaters.length <= maxUpdaters) return managers
  const oldestFirst = updaters.sort(([, a], [, b]) => order(a, b))
  const kept = new Map(managers)
  const bucketed = new Map<string, Manager>()
  for (const [id, manager] of oldestFirst.slice(0, updaters.length - maxUpdaters + 1)) {
    kept.delete(id)
    const bucket = bucketed.get(manager.apiVersion)
    bucketed.set(manager.apiVersion, {
      ...manager,
      name: ancient,
      fields: bucket ? union(bucket.fields, manager.fields) : manager.fields,
    })
  }
  for (const manager of bucketed.values()) kept.set(identityOf(manager), manager)
  return kept
}

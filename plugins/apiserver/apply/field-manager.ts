/**
 * Keeps track of who owns which field, on plain writes and on server-side apply. Pure.
 * Source: structured-merge-diff merge/update.go and k8s.io/apimachinery pkg/util/managedfields
 */
import { type JsonSchema, type KubeObject, type StatusCause, StatusError } from '@slipway/core/api'
import { type Comparison, compare } from './compare.ts'
import {
  difference,
  emptySet,
  type FieldSet,
  intersection,
  isEmpty,
  pathsOf,
  pathText,
  recursiveDifference,
  setOf,
  union,
} from './field-set.ts'
import { decodeManagers, encodeManagers, identityOf, type Manager, type Managers, settle } from './managed-fields.ts'
import { merge } from './merge.ts'
import { remove } from './remove.ts'
import { toFieldSet, withNamedParents } from './to-field-set.ts'

export interface FieldManagerContext {
  /** Of the whole object, metadata included. */
  schema: JsonSchema
  /** What an object is before anything is stated: for Kubernetes' own types the structs that Go always writes are there, so nobody adds them. */
  blank: KubeObject
  manager: string
  apiVersion: string
  subresource: string
  /** Fields that this endpoint does not write, and so nobody owns through it: `status` on the main one. */
  reset: FieldSet
  /** Milliseconds. */
  now: number
}

/** Fields that nobody owns. Source: managedfields/internal/stripmeta.go */
const unowned = setOf(
  'apiVersion',
  'kind',
  'metadata',
  'metadata.name',
  'metadata.namespace',
  'metadata.creationTimestamp',
  'metadata.selfLink',
  'metadata.uid',
  'metadata.clusterName',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
)

const beforeFirstApply = 'before-first-apply'

const withoutManagedFields = (object: KubeObject): KubeObject => {
  if (!object.metadata.managedFields) return object
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** A client may reset the list by sending `[{}]` or `[]`; one that sends none keeps what there is. */
function managersOf(live: KubeObject | undefined, sent: KubeObject): Managers {
  const entries = sent.metadata.managedFields
  if (entries === undefined) return decodeManagers(live?.metadata.managedFields)
  if (entries.length === 0 || entries.every(entry => Object.keys(entry).length === 0)) return new Map()
  try {
    return decodeManagers(entries)
  } catch {
    return decodeManagers(live?.metadata.managedFields)
  }
}

/** Only what the endpoint writes. */
const writable = ({ added, modified, removed }: Comparison, reset: FieldSet): Comparison => ({
  added: recursiveDifference(added, reset),
  modified: recursiveDifference(modified, reset),
  removed: recursiveDifference(removed, reset),
})

/** Takes what changed away from the others. */
function disown(managers: Managers, self: string, { added, modified, removed }: Comparison): Managers {
  const changed = union(modified, added)
  const rest: Managers = new Map()
  for (const [id, manager] of managers) {
    const fields =
      id === self ? manager.fields : difference(difference(manager.fields, intersection(manager.fields, changed)), removed)
    if (!isEmpty(fields)) rest.set(id, { ...manager, fields })
  }
  return rest
}

/** The managedFields after a create, update or patch. @param live undefined on create */
export function managedFieldsAfterUpdate(
  live: KubeObject | undefined,
  next: KubeObject,
  context: FieldManagerContext,
): KubeObject['metadata']['managedFields'] {
  const before = managersOf(live, next)
  // An object that is not tracked stays so until somebody applies it.
  if (live && before.size === 0) return undefined
  const self: Manager = {
    name: context.manager,
    operation: 'Update',
    apiVersion: context.apiVersion,
    subresource: context.subresource,
    fields: emptySet(),
  }
  return encodeManagers(updated(before, live ?? context.blank, next, self, context))
}

function updated(
  before: Managers,
  live: KubeObject,
  next: KubeObject,
  self: Manager,
  { schema, reset, now }: FieldManagerContext,
): Managers {
  const id = identityOf(self)
  const comparison = writable(compare(schema, withoutManagedFields(live), withoutManagedFields(next)), reset)
  const after = disown(before, id, comparison)
  const mine = before.get(id)?.fields ?? self.fields
  const owned = union(union(difference(mine, comparison.removed), comparison.modified), comparison.added)
  after.set(id, { ...self, fields: difference(owned, unowned) })
  const took = difference(union(comparison.modified, comparison.added), unowned)
  return settle(before, after, isEmpty(took) ? undefined : id, now)
}

/**
 * Server-side apply.
 * @param live undefined when the object does not exist
 * @returns the new object with its managedFields
 * @throws StatusError 409 with one cause a field, unless forced
 */
export function apply(
  live: KubeObject | undefined,
  applied: KubeObject,
  force: boolean,
  context: FieldManagerContext,
): KubeObject {
  const { schema, reset, now } = context
  // The result shares parts with it, and is changed later on.
  const base = live ?? structuredClone(context.blank)
  let before = decodeManagers(base.metadata.managedFields)
  if (live && before.size === 0) {
    const unknown: Manager = {
      name: beforeFirstApply,
      operation: 'Update',
      apiVersion: context.apiVersion,
      subresource: '',
      fields: emptySet(),
    }
    before = updated(before, context.blank, live, unknown, context)
  }
  const self: Manager = {
    name: context.manager,
    operation: 'Apply',
    apiVersion: context.apiVersion,
    subresource: context.subresource,
    fields: emptySet(),
  }
  const id = identityOf(self)
  const last = before.get(id)?.fields
  const plainLive = withoutManagedFields(base)
  const fields = recursiveDifference(toFieldSet(schema, applied), reset)
  const managers: Managers = new Map(before).set(id, { ...self, fields })
  let merged = merge(schema, plainLive, applied) as KubeObject
  if (last && !isEmpty(last)) merged = withoutAbandoned(schema, merged, last, managers)
  const comparison = compare(schema, plainLive, merged)
  if (!force) refuseConflicts(managers, id, comparison)
  const after = disown(managers, id, comparison)
  after.set(id, { ...self, fields: difference(fields, unowned) })
  const changed = ![comparison.added, comparison.modified, comparison.removed].every(isEmpty)
  const settled = settle(before, after, changed ? id : undefined, now)
  return { ...merged, metadata: { ...merged.metadata, managedFields: encodeManagers(settled) } }
}

/** Takes out what the applier stated last time, states no more, and nobody else owns. */
function withoutAbandoned(schema: JsonSchema, merged: KubeObject, last: FieldSet, managers: Managers): KubeObject {
  const named = (set: FieldSet) => withNamedParents(schema, set)
  const all = named(toFieldSet(schema, merged))
  const remains = (value: unknown) => named(toFieldSet(schema, value))
  let pruned = remove(schema, merged, named(last))
  const owned = named([...managers.values()].reduce((set, { fields }) => union(set, fields), emptySet()))
  pruned = remove(schema, merged, difference(all, union(remains(pruned), owned)))
  // Only what was applied last time may go; what dangles below it and was never applied stays.
  pruned = remove(schema, merged, intersection(difference(all, remains(pruned)), named(last)))
  return pruned as KubeObject
}

function refuseConflicts(managers: Managers, self: string, { added, modified }: Comparison): void {
  const changed = union(modified, added)
  const conflicts = [...managers]
    .filter(([id]) => id !== self)
    .flatMap(([, manager]) =>
      [...pathsOf(intersection(manager.fields, changed))].map(path => ({ who: shownManager(manager), path: pathText(path) })),
    )
    .sort((a, b) => (a.who < b.who ? -1 : a.who > b.who ? 1 : 0))
  if (conflicts.length) throw conflictError(conflicts)
}

const shownManager = ({ name, operation, apiVersion, subresource }: Manager): string =>
  `${JSON.stringify(name)}${subresource ? ` with subresource ${JSON.stringify(subresource)}` : ''}${operation === 'Update' ? ` using ${apiVersion}` : ''}`

/** Source: managedfields/internal/conflict.go */
function conflictError(conflicts: { who: string; path: string }[]): StatusError {
  const causes: StatusCause[] = conflicts.map(({ who, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${who}`,
    field: path,
  }))
  const [first] = conflicts
  const byManager = [...Map.groupBy(conflicts, c => c.who)].map(
    ([who, some]) => `conflicts with ${who}:\n${some.map(({ path }) => `- ${path}`).join('\n')}`,
  )
  const message =
    conflicts.length === 1
      ? `Apply failed with 1 conflict: conflict with ${first!.who}: ${first!.path}`
      : `Apply failed with ${conflicts.length} conflicts: ${byManager.join('\n')}`
  return new StatusError(409, 'Conflict', message, { causes })
}

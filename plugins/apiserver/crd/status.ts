/** A CRD's status: which names it got, and that it is served. Source: k8s.io/apiextensions-apiserver pkg/controller/status/naming_controller.go */
import { rfc3339 } from '@slipway/core/observe'
import type { CrdCondition, CrdNames, CustomResourceDefinition } from './definition.ts'

type Status = NonNullable<CustomResourceDefinition['status']>

/** What another CRD of the same group has taken, as the message names it. */
function conflictOf({ spec: { names } }: CustomResourceDefinition, others: CustomResourceDefinition[]): CrdCondition | undefined {
  const taken = others.map(o => o.status?.acceptedNames).filter((n): n is CrdNames => n?.plural !== undefined)
  const resources = new Set(taken.flatMap(n => [n.plural, n.singular ?? '', ...(n.shortNames ?? [])]))
  const kinds = new Set(taken.flatMap(n => [n.kind, n.listKind ?? '']))
  const refused = (reason: string, name: string): CrdCondition => ({
    type: 'NamesAccepted',
    status: 'False',
    reason,
    message: `${JSON.stringify(name)} is already in use`,
    lastTransitionTime: '',
  })
  if (resources.has(names.plural)) return refused('PluralConflict', names.plural)
  if (names.singular && resources.has(names.singular)) return refused('SingularConflict', names.singular)
  const short = names.shortNames?.find(name => resources.has(name))
  if (short) return refused('ShortNamesConflict', short)
  if (kinds.has(names.kind)) return refused('KindConflict', names.kind)
  if (names.listKind && kinds.has(names.listKind)) return refused('ListKindConflict', names.listKind)
  return undefined
}

function stamped(before: CrdCondition[] | undefined, next: Omit<CrdCondition, 'lastTransitionTime'>, now: number): CrdCondition {
  const old = before?.find(c => c.type === next.type)
  const unchanged = old?.status === next.status && old.reason === next.reason && old.message === next.message
  return unchanged ? old : { ...next, lastTransitionTime: old?.status === next.status ? old.lastTransitionTime : rfc3339(now) }
}

/**
 * @param others all other CRDs of the same group
 * @param now milliseconds since the epoch
 * @returns the whole next status; only a CRD whose `Established` is True is served
 */
export function crdStatus(crd: CustomResourceDefinition, others: CustomResourceDefinition[], now: number): Status {
  const { spec, status = {} } = crd
  const conflict = conflictOf(crd, others)
  const established = conflict ? status.conditions?.some(c => c.type === 'Established' && c.status === 'True') : true
  const names = conflict ?? {
    type: 'NamesAccepted',
    status: 'True' as const,
    reason: 'NoConflicts',
    message: 'no conflicts found',
  }
  const ready = established
    ? { status: 'True' as const, reason: 'InitialNamesAccepted', message: 'the initial names have been accepted' }
    : { status: 'False' as const, reason: 'NotAccepted', message: 'not all names are accepted' }
  const storage = spec.versions.find(v => v.storage)?.name
  const stored = status.storedVersions ?? []
  return {
    conditions: [
      stamped(
        status.conditions,
        { type: 'NamesAccepted', status: names.status, reason: names.reason, message: names.message },
        now,
      ),
      stamped(status.conditions, { type: 'Established', ...ready }, now),
    ],
    acceptedNames: conflict ? (status.acceptedNames ?? { plural: '', kind: '' }) : spec.names,
    storedVersions: !storage || stored.includes(storage) ? stored : [...stored, storage],
  }
}

export const isEstablished = ({ status }: CustomResourceDefinition): boolean =>
  status?.conditions?.some(c => c.type === 'Established' && c.status === 'True') ?? false

/**
 * The one way that desired children reach the API server: server-side apply under the reconciler's own field manager, with the owner's
 * reference, and only when something differs: an annotation holds the hash of what was applied, and the live object must still include it.
 */
import type { ResourceKind } from '../api/kind.ts'
import { controllerOf, controllerRef, type KubeObject } from '../api/meta.ts'
import { StatusError } from '../api/status-error.ts'
import type { Api } from '../client/api.ts'
import { hashOf, includesJson } from './canonical.ts'

export const appliedHash = 'slipway.dev/applied'

/** The object as it is sent: with the owner's reference and the hash of itself. Pure. */
export function completeChild<T extends KubeObject>(child: T, owner: KubeObject): T {
  const { annotations, ownerReferences, ...metadata } = child.metadata
  const owned = {
    ...child,
    metadata: { ...metadata, ownerReferences: ownerReferences ?? [controllerRef(owner)], annotations: { ...annotations } },
  }
  owned.metadata.annotations[appliedHash] = hashOf(owned)
  return owned
}

/** Must this complete child be sent, given what the cache has? Pure. */
export function needsApply(child: KubeObject, observed: KubeObject | undefined): boolean {
  if (!observed || observed.metadata.deletionTimestamp) return true
  if (observed.metadata.annotations?.[appliedHash] !== child.metadata.annotations?.[appliedHash]) return true
  return !includesJson(observed, child)
}

type Dict = Record<string, unknown>
const isObject = (v: unknown): v is Dict => typeof v === 'object' && v !== null && !Array.isArray(v)

/** Adds the fields, going into objects that are there already. */
function withFields<T extends object>(object: T, fields: Dict): T {
  const result = { ...object } as Dict
  for (const [key, value] of Object.entries(fields)) {
    const there = result[key]
    result[key] = isObject(value) && isObject(there) ? withFields(there, value) : value
  }
  return result as T
}

export interface ApplyChildOptions {
  api: Api
  owner: KubeObject
  fieldManager: string
  /** Merged in when the object is created, and left to others from then on. */
  initially?: Record<string, unknown>
}

/**
 * Makes the child so. A child of the same name that belongs to another controller is left alone.
 * @returns the live object, or the observed one where nothing had to be done
 * @throws StatusError Conflict when the name is taken by an object that the owner does not control
 */
export async function applyChild<T extends KubeObject>(
  kind: ResourceKind<T>,
  child: T,
  observed: T | undefined,
  options: ApplyChildOptions,
): Promise<T> {
  const { api, owner, fieldManager, initially } = options
  if (observed && controllerOf(observed)?.uid !== owner.metadata.uid && !child.metadata.ownerReferences) {
    const holder = controllerOf(observed)
    const by = holder ? `belongs to ${holder.kind} "${holder.name}"` : 'was made by someone else'
    throw new StatusError(
      409,
      'Conflict',
      `${child.kind} "${child.metadata.name}" exists and ${by}; delete it or choose another name`,
    )
  }
  const complete = completeChild(child, owner)
  if (!needsApply(complete, observed)) return observed!
  if (!observed && initially) return api.create(kind, withFields(complete, initially), { fieldManager })
  return api.apply(kind, complete, { fieldManager })
}

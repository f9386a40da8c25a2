/** GET of one object. */
import { notFound, StatusError } from '@slipway/core/api'
import { represent } from '../http/represent.ts'
import { keyIn } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import type { Entry } from '../store/entry.ts'
import type { Store, Transaction } from '../store/store.ts'
import type { VerbHandler } from './call.ts'
import { revisionProblem } from './list-position.ts'

/** @throws StatusError 404 */
export function requireEntry(from: Store | Transaction, resource: ServedResource, namespace: string, name: string): Entry {
  const entry = from.get(keyIn(resource, namespace, name))
  if (!entry) throw notFound(resource.resource, resource.group, name)
  return entry
}

export const get: VerbHandler = (context, call) => {
  const revision = call.query.get('resourceVersion')
  if (revision && !/^\d+$/.test(revision)) throw new StatusError(500, 'Unknown', revisionProblem(revision))
  const entry = requireEntry(context.store, call.resource, call.namespace, call.name!)
  return { code: 200, json: represent(context, call, entry) }
}

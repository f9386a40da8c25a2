/** PUT namespaces/NAME/finalize: sets spec.finalizers, and removes a terminating namespace that has none left. */

import type { KubeObject } from '@slipway/core/api'
import { badRequest } from '@slipway/core/api'
import { represent } from '../http/represent.ts'
import { readObject } from '../object/read-object.ts'
import { keyIn, servedCopy, toStored } from '../object/stored.ts'
import type { VerbHandler } from '../verbs/call.ts'
import { commit } from '../verbs/commit.ts'
import { requireEntry } from '../verbs/get.ts'
import { sentObject } from '../verbs/sent-object.ts'
import { requireFresh } from '../verbs/update.ts'
import { writeOptions } from '../verbs/write-options.ts'

type Namespace = KubeObject & { spec?: { finalizers?: string[] } }

export const finalizeNamespace: VerbHandler = async (context, call) => {
  const options = writeOptions(call, 'UpdateOptions')
  const { resource, name } = call
  const { value } = await sentObject(call)
  const sent = readObject(resource, value).object as Namespace
  if (sent.metadata.name !== name)
    throw badRequest(`the name of the object (${sent.metadata.name}) does not match the name on the URL (${name})`)
  const entry = await commit(context.store, options.dryRun, tx => {
    const current = requireEntry(tx, resource, '', name!)
    requireFresh(resource, sent, current)
    const next = servedCopy(resource, current) as Namespace
    const finalizers = sent.spec?.finalizers ?? []
    next.spec = { ...next.spec, finalizers }
    if (!finalizers.length) delete next.spec.finalizers
    const stored = toStored(resource, next)
    const done = next.metadata.deletionTimestamp && !finalizers.length && !next.metadata.finalizers?.length
    const key = keyIn(resource, '', name!)
    return done ? tx.remove(key, stored) : tx.put(key, stored)
  })
  return { code: 200, json: represent(context, call, entry) }
}

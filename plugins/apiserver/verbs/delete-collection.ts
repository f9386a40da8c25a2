/** DELETE of many: everything that a list with the same selectors would show. */
import type { KubeObject } from '@slipway/core/api'
import { apiVersionServed, servedView } from '../object/stored.ts'
import type { VerbHandler } from './call.ts'
import { commit } from './commit.ts'
import { deleteIn } from './delete.ts'
import { deleteOptions } from './delete-options.ts'
import { selectionOf } from './selection.ts'

export const deleteCollection: VerbHandler = async (context, call) => {
  const { resource } = call
  const options = await deleteOptions(call)
  const selection = selectionOf(call)
  const items = await commit(context.store, options.dryRun, tx => {
    const matching = [...tx.list(selection.resource, selection.namespace)].filter(selection.matches)
    return matching.map(entry => servedView(resource, deleteIn(tx, resource, entry, options, context.now()).entry))
  })
  const body = {
    kind: `${resource.kind}List`,
    apiVersion: apiVersionServed(resource),
    metadata: { resourceVersion: String(context.store.revision) },
    items: items.map(item => (resource.builtin ? withoutEnvelope(item) : item)),
  }
  return { code: 200, json: JSON.stringify(body) }
}

const withoutEnvelope = ({ apiVersion: _, kind: __, ...rest }: KubeObject) => rest

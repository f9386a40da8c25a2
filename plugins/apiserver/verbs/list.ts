/** GET of many: consistent pages, selectors, tables. Source: k8s.io/apiserver pkg/endpoints/handlers/get.go, pkg/storage/etcd3/store.go GetList */
import type { KubeObject } from '@slipway/core/api'
import { partialMetadata, tableOf } from '../http/represent.ts'
import { apiVersionServed, envelopePrefix, servedJson, servedView } from '../object/stored.ts'
import type { Entry } from '../store/entry.ts'
import { shelfKey } from '../store/object-index.ts'
import type { Call, ServerContext, VerbHandler } from './call.ts'
import { encodeContinue, expiredContinue, listPosition } from './list-position.ts'
import { type Selection, selectionOf } from './selection.ts'
import { snapshotAt } from './snapshot.ts'

interface Page {
  entries: readonly Entry[]
  revision: number
  continue?: string
  remaining?: number
}

export const list: VerbHandler = (context, call) => {
  const page = pageOf(context, call, selectionOf(call))
  return { code: 200, json: pageJson(context, call, page) }
}

function pageOf({ store }: ServerContext, { query }: Call, selection: Selection): Page {
  const position = listPosition(query, store)
  const revision = position.exactly ?? store.revision
  const all =
    position.exactly === undefined
      ? store.list(selection.resource, selection.namespace)
      : snapshotAt(store, selection.resource, selection.namespace, position.exactly)
  if (!all) throw expiredContinue(position)
  const { after } = position
  const rest = after === undefined ? all : all.filter(entry => shelfKey(entry.namespace, entry.name) > after)
  const limit = Math.max(0, Number(query.get('limit')) || 0)
  if (!limit) return { entries: selection.selective ? rest.filter(selection.matches) : rest, revision }
  const entries: Entry[] = []
  let i = 0
  for (; i < rest.length && entries.length < limit; i++)
    if (!selection.selective || selection.matches(rest[i]!)) entries.push(rest[i]!)
  if (i >= rest.length) return { entries, revision }
  const last = rest[i - 1]!
  return {
    entries,
    revision,
    continue: encodeContinue({ revision, after: shelfKey(last.namespace, last.name) }),
    ...(!selection.selective && { remaining: rest.length - i }),
  }
}

function pageJson({ now }: ServerContext, call: Call, { entries, revision, continue: token, remaining }: Page): string {
  const { resource, accept } = call
  const meta = {
    resourceVersion: String(revision),
    ...((token || (!resource.builtin && accept.form === 'object')) && { continue: token ?? '' }),
    ...(remaining && { remainingItemCount: remaining }),
  }
  const views = (): KubeObject[] => entries.map(entry => servedView(resource, entry))
  if (accept.form === 'Table') return JSON.stringify(tableOf(resource, views(), now(), call, meta))
  if (accept.form !== 'object')
    return JSON.stringify({
      kind: 'PartialObjectMetadataList',
      apiVersion: `meta.k8s.io/${accept.version}`,
      metadata: meta,
      items: views().map(object => partialMetadata(object, accept.version)),
    })
  const head = `{"kind":"${resource.kind}List","apiVersion":"${apiVersionServed(resource)}","metadata":${JSON.stringify(meta)},"items":[`
  const prefix = resource.builtin ? envelopePrefix(resource) : ''
  // Items of Kubernetes' own lists do not repeat what the list says of them.
  const item = (json: string) => (prefix && json.startsWith(prefix) ? `{${json.slice(prefix.length)}` : json)
  return `${head}${entries.map(entry => item(servedJson(resource, entry))).join(',')}]}`
}

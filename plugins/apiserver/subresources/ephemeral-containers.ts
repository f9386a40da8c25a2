/** PUT and PATCH pods/NAME/ephemeralcontainers: adds containers to a running pod, and changes nothing else. */
import { forbidden, invalidObject, type KubeObject, StatusError } from '@slipway/core/api'
import { represent } from '../http/represent.ts'
import { readObject } from '../object/read-object.ts'
import { servedCopy } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import type { Transaction } from '../store/store.ts'
import type { Call, VerbHandler } from '../verbs/call.ts'
import { commit } from '../verbs/commit.ts'
import { requireEntry } from '../verbs/get.ts'
import { parsePatch, patched, patchKind } from '../verbs/patch.ts'
import { sentObject } from '../verbs/sent-object.ts'
import { requireFresh, updateIn } from '../verbs/update.ts'
import { type WriteOptions, writeOptions } from '../verbs/write-options.ts'

type Pod = KubeObject & { spec: { ephemeralContainers?: { name: string }[] } }

function put(
  tx: Transaction,
  { resource, namespace, name }: Call,
  next: (pod: Pod) => Pod,
  { manager }: WriteOptions,
  now: number,
) {
  const current = requireEntry(tx, resource, namespace, name!)
  const old = servedCopy(resource, current) as Pod
  const sent = next(servedCopy(resource, current) as Pod)
  requireFresh(resource, sent, current, true)
  const containers = sent.spec.ephemeralContainers ?? []
  const lost = (old.spec.ephemeralContainers ?? []).filter(container => !containers.some(other => other.name === container.name))
  if (lost.length)
    throw invalidObject(
      'Pod',
      '',
      name!,
      lost.map(container =>
        forbidden(
          'spec.ephemeralContainers',
          `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed`,
        ),
      ),
    )
  old.spec.ephemeralContainers = containers
  return updateIn(tx, resource, current, old, { manager, subresource: 'ephemeralcontainers', now })
}

const read = (resource: ServedResource, value: Record<string, unknown>): Pod => readObject(resource, value).object as Pod

export const putEphemeralContainers: VerbHandler = async (context, call) => {
  const options = writeOptions(call, 'UpdateOptions')
  const { value } = await sentObject(call, 'Pod')
  const sent = read(call.resource, value)
  const entry = await commit(context.store, options.dryRun, tx => put(tx, call, () => sent, options, context.now()))
  return { code: 200, json: represent(context, call, entry) }
}

export const patchEphemeralContainers: VerbHandler = async (context, call) => {
  const kind = patchKind(call.headers['content-type'], call.resource.builtin)
  if (kind === 'apply')
    throw new StatusError(
      415,
      'UnsupportedMediaType',
      'server-side apply is not offered for ephemeralcontainers; use a strategic merge patch',
    )
  const options = writeOptions(call, 'PatchOptions')
  const { value } = await parsePatch(await call.body(), kind)
  const next = (pod: Pod) => read(call.resource, patched(kind, call.resource, pod, value))
  const entry = await commit(context.store, options.dryRun, tx => put(tx, call, next, options, context.now()))
  return { code: 200, json: represent(context, call, entry) }
}

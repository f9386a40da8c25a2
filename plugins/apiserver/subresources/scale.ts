/** /scale: replicas of anything that can be scaled, as an autoscaling/v1 Scale. Source: k8s.io/kubernetes pkg/registry/apps/deployment/storage, apiextensions customresource/etcd.go */
import { badRequest, invalid, invalidObject, type KubeObject } from '@slipway/core/api'
import { isDict } from '../apply/shape.ts'
import { servedCopy, servedView } from '../object/stored.ts'
import { jsonPatch } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import type { ServedResource } from '../served-resource.ts'
import type { Transaction } from '../store/store.ts'
import { applyIn } from '../verbs/apply.ts'
import type { Call, ServerContext, VerbHandler } from '../verbs/call.ts'
import { commit } from '../verbs/commit.ts'
import { requireEntry } from '../verbs/get.ts'
import { parsePatch, patchKind } from '../verbs/patch.ts'
import { sentObject } from '../verbs/sent-object.ts'
import { requireFresh, updateIn } from '../verbs/update.ts'
import { type WriteOptions, writeOptions } from '../verbs/write-options.ts'
import { selectorText } from './selector-text.ts'

export interface Scale extends KubeObject {
  spec: { replicas?: number }
  status: { replicas: number; selector?: string }
}

const stepsOf = (path: string) => path.split('.').filter(Boolean)
const at = (object: unknown, path: string): unknown =>
  stepsOf(path).reduce<unknown>((value, step) => (isDict(value) ? value[step] : undefined), object)

function put(object: unknown, path: string, value: unknown): void {
  const steps = stepsOf(path)
  let place = object as Record<string, unknown>
  for (const step of steps.slice(0, -1)) place = (place[step] ??= {}) as Record<string, unknown>
  place[steps.at(-1)!] = value
}

export function scaleOf(resource: ServedResource, object: KubeObject): Scale {
  const { specReplicasPath, statusReplicasPath, labelSelectorPath } = resource.scale!
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata
  const selector = resource.builtin
    ? selectorText(at(object, '.spec.selector'))
    : labelSelectorPath && (at(object, labelSelectorPath) as string | undefined)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(uid && { uid }),
      ...(resourceVersion && { resourceVersion }),
      ...(creationTimestamp && { creationTimestamp }),
    },
    spec: { ...((at(object, specReplicasPath) as number | undefined) && { replicas: at(object, specReplicasPath) as number }) },
    status: { replicas: (at(object, statusReplicasPath) as number | undefined) ?? 0, ...(selector && { selector }) },
  }
}

export const getScale: VerbHandler = (context, call) => {
  const entry = requireEntry(context.store, call.resource, call.namespace, call.name!)
  return { code: 200, json: JSON.stringify(scaleOf(call.resource, servedView(call.resource, entry))) }
}

/** @throws StatusError 409, 422 */
function rescale(
  tx: Transaction,
  { resource, namespace, name }: Call,
  change: (scale: Scale) => Scale,
  { manager }: WriteOptions,
  now: number,
): Scale {
  const current = requireEntry(tx, resource, namespace, name!)
  const object = servedCopy(resource, current)
  const wanted = change(scaleOf(resource, object))
  const { replicas = 0 } = wanted.spec ?? {}
  if (!Number.isInteger(replicas))
    throw badRequest(
      'Scale in version "v1" cannot be handled as a Scale: json: cannot unmarshal string into Go struct field ScaleSpec.spec.replicas of type int32',
    )
  if (replicas < 0)
    throw invalidObject('Scale', 'autoscaling', name!, [invalid('spec.replicas', replicas, 'must be greater than or equal to 0')])
  requireFresh(
    resource,
    { ...object, metadata: { ...object.metadata, resourceVersion: wanted.metadata.resourceVersion ?? '' } },
    current,
    true,
  )
  put(object, resource.scale!.specReplicasPath, replicas)
  return scaleOf(resource, servedView(resource, updateIn(tx, resource, current, object, { manager, subresource: 'scale', now })))
}

export const updateScale: VerbHandler = async (context, call) => {
  const options = writeOptions(call, 'UpdateOptions')
  const { value } = await sentObject(call, 'Scale')
  const sent = value as unknown as Scale
  if (sent.metadata?.name !== call.name)
    throw badRequest(`the name of the object (${sent.metadata?.name ?? ''}) does not match the name on the URL (${call.name})`)
  const scale = await commit(context.store, options.dryRun, tx => rescale(tx, call, () => sent, options, context.now()))
  return { code: 200, json: JSON.stringify(scale) }
}

export const patchScale: VerbHandler = async (context, call) => {
  const kind = patchKind(call.headers['content-type'], call.resource.builtin)
  const options = writeOptions(call, 'PatchOptions', kind === 'apply')
  const { value } = await parsePatch(await call.body(), kind)
  const scale = await commit(context.store, options.dryRun, tx =>
    kind === 'apply'
      ? applyScale(tx, call, value, options, context)
      : rescale(
          tx,
          call,
          now => (kind === 'json' ? jsonPatch(now, value) : mergePatch(now, value)) as Scale,
          options,
          context.now(),
        ),
  )
  return { code: 200, json: JSON.stringify(scale) }
}

/** What is stated of the Scale is stated of the object's replicas. */
function applyScale(tx: Transaction, call: Call, value: unknown, options: WriteOptions, context: ServerContext): Scale {
  const { resource, name, namespace } = call
  const stated = {
    apiVersion: '',
    kind: resource.kind,
    metadata: { name, ...(namespace && { namespace }) },
  } as unknown as KubeObject
  const replicas = at(value, '.spec.replicas')
  if (replicas !== undefined) put(stated, resource.scale!.specReplicasPath, replicas)
  const current = requireEntry(tx, resource, namespace, name!)
  stated.apiVersion = servedView(resource, current).apiVersion
  return scaleOf(resource, servedView(resource, applyIn(tx, call, stated, options, context.now()).entry))
}

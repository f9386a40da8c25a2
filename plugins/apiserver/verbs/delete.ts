/**
 * DELETE of one object: at once, or by a deletionTimestamp that its finalizers, or a pod's node, have to answer first.
 * Source: k8s.io/apiserver pkg/registry/generic/registry/store.go Delete, pkg/registry/rest/delete.go
 */
import { conflict, type KubeObject, StatusError } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import { represent } from '../http/represent.ts'
import { isTerminating, ordered } from '../object/metadata.ts'
import { keyIn, qualifiedResource } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import type { Entry } from '../store/entry.ts'
import type { Transaction } from '../store/store.ts'
import type { VerbHandler } from './call.ts'
import { commit } from './commit.ts'
import { type DeleteOptions, deleteOptions } from './delete-options.ts'
import { requireEntry } from './get.ts'

export interface Deleted {
  entry: Entry
  /** False while finalizers or a grace period hold it. */
  gone: boolean
}

const orphan = 'orphan'
const foreground = 'foregroundDeletion'
/** Resources whose deletion is answered with the object. Source: the ReturnDeletedObject of the strategies */
const answersObject = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'podtemplates',
  'resourcequotas',
  'persistentvolumeclaims',
  'persistentvolumes',
])
/** Resources that leave their children alone unless told otherwise. Source: batch/job strategy DefaultGarbageCollectionPolicy */
const orphansByDefault = new Set(['jobs.batch', 'replicationcontrollers'])

export const remove: VerbHandler = async (context, call) => {
  const { resource, namespace, name } = call
  const options = await deleteOptions(call)
  if (qualifiedResource(resource) === 'jobs.batch' && !options.propagationPolicy)
    call.warnings.push(
      'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
    )
  const { entry, gone } = await commit(context.store, options.dryRun, tx =>
    deleteIn(tx, resource, requireEntry(tx, resource, namespace, name!), options, context.now()),
  )
  if (gone && !answersObject.has(qualifiedResource(resource)))
    return { code: 200, json: JSON.stringify(success(resource, entry)) }
  const accepted = !gone && options.orphanDependents === false
  return { code: accepted ? 202 : 200, json: represent(context, call, entry) }
}

const success = ({ resource, group }: ServedResource, { name, object }: Entry) => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { name, ...(group && { group }), kind: resource, uid: object.metadata.uid },
})

/** @throws StatusError 409 when a precondition does not hold */
export function deleteIn(
  tx: Transaction,
  resource: ServedResource,
  current: Entry,
  options: Omit<DeleteOptions, 'dryRun'>,
  now: number,
): Deleted {
  requireMortal(resource, current.name)
  requirePreconditions(resource, current, options)
  const object = current.copy()
  const { metadata } = object
  const key = keyIn(resource, current.namespace, current.name)
  const before = JSON.stringify(metadata)
  const finalizers = withPolicy(resource, object, options)
  if (finalizers.length) metadata.finalizers = finalizers
  else delete metadata.finalizers
  const grace = graceOf(resource, object, options)
  const waits = finalizers.length > 0 || grace > 0 || hasSpecFinalizers(resource, object)
  if (!waits) {
    // The last that watchers see of a pod is that it was being deleted.
    if (qualifiedResource(resource) === 'pods') mark(metadata, 0, now)
    object.metadata = ordered(metadata)
    return { entry: tx.remove(key, object), gone: true }
  }
  if (isTerminating(object)) shorten(metadata, grace, now)
  else {
    mark(metadata, grace, now)
    if (qualifiedResource(resource) === 'namespaces') {
      delete metadata.deletionGracePeriodSeconds
      Object.assign(object, { status: { phase: 'Terminating' } })
    }
  }
  if (JSON.stringify(metadata) === before) return { entry: current, gone: false }
  object.metadata = ordered(metadata)
  return { entry: tx.put(key, object), gone: false }
}

function requirePreconditions(
  { kind, group }: ServedResource,
  current: Entry,
  { uid, resourceVersion }: Omit<DeleteOptions, 'dryRun'>,
): void {
  const { metadata } = current.object
  if (uid !== undefined && uid !== metadata.uid)
    throw conflict(
      kind,
      group,
      current.name,
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    )
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion)
    throw conflict(
      kind,
      group,
      current.name,
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    )
}

/** Source: apiserver pkg/admission/plugin/namespace/lifecycle */
const immortal = new Set(['default', 'kube-system', 'kube-public'])
function requireMortal(resource: ServedResource, name: string): void {
  if (qualifiedResource(resource) === 'namespaces' && immortal.has(name))
    throw new StatusError(
      403,
      'Forbidden',
      `namespaces ${JSON.stringify(name)} is forbidden: this namespace may not be deleted`,
      { name, kind: 'namespaces' },
    )
}

/** The finalizers after the policy has put in its own, or taken it out. */
function withPolicy(
  resource: ServedResource,
  { metadata }: KubeObject,
  { propagationPolicy }: Omit<DeleteOptions, 'dryRun'>,
): string[] {
  const finalizers = metadata.finalizers ?? []
  const already = finalizers.find(finalizer => finalizer === orphan || finalizer === foreground)
  const byDefault =
    already === orphan
      ? 'Orphan'
      : already
        ? 'Foreground'
        : orphansByDefault.has(qualifiedResource(resource))
          ? 'Orphan'
          : 'Background'
  const policy = propagationPolicy ?? byDefault
  const rest = finalizers.filter(finalizer => finalizer !== orphan && finalizer !== foreground)
  if (policy === 'Orphan') return [...rest, orphan]
  return policy === 'Foreground' ? [...rest, foreground] : rest
}

/** Seconds that a pod has left; other things go at once. Source: pkg/registry/core/pod/strategy.go CheckGracefulDelete */
function graceOf(resource: ServedResource, object: KubeObject, { gracePeriodSeconds }: Omit<DeleteOptions, 'dryRun'>): number {
  if (qualifiedResource(resource) !== 'pods') return 0
  const { spec, status, metadata } = object as KubeObject & {
    spec: { nodeName?: string; terminationGracePeriodSeconds?: number }
    status?: { phase?: string }
  }
  if (!spec.nodeName || status?.phase === 'Failed' || status?.phase === 'Succeeded') return 0
  const wanted = gracePeriodSeconds ?? spec.terminationGracePeriodSeconds ?? 30
  const asked = wanted < 0 ? 1 : wanted
  const running = metadata.deletionGracePeriodSeconds
  return running === undefined ? asked : Math.min(running, asked)
}

function mark(metadata: KubeObject['metadata'], grace: number, now: number): void {
  if (metadata.deletionTimestamp && metadata.deletionGracePeriodSeconds === grace) return
  if (!metadata.deletionTimestamp && metadata.generation) metadata.generation++
  metadata.deletionTimestamp = rfc3339(now + grace * 1000)
  metadata.deletionGracePeriodSeconds = grace
}

/** A second deletion may shorten the grace period, never lengthen it. */
function shorten(metadata: KubeObject['metadata'], grace: number, now: number): void {
  if ((metadata.deletionGracePeriodSeconds ?? 0) <= grace) return
  metadata.deletionGracePeriodSeconds = grace
  metadata.deletionTimestamp = rfc3339(now + grace * 1000)
}

const hasSpecFinalizers = (resource: ServedResource, object: KubeObject): boolean =>
  qualifiedResource(resource) === 'namespaces' &&
  Boolean((object as KubeObject & { spec?: { finalizers?: string[] } }).spec?.finalizers?.length)

/** What the server itself writes into metadata. Source: k8s.io/apiserver pkg/registry/rest/create.go, update.go, meta.go */
import { randomInt, randomUUID } from 'node:crypto'
import { badRequest, type KubeObject, type ObjectMeta } from '@slipway/core/api'
import { rfc3339 } from '@slipway/core/observe'
import type { ServedResource } from '../served-resource.ts'

/** No vowels, nothing that looks like something else. Source: k8s.io/apimachinery pkg/util/rand */
const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const maxGenerated = 63
const suffixLength = 5

/** `web-` → `web-x7k2p`. Source: apiserver pkg/storage/names/generate.go */
export function generatedName(base: string): string {
  let suffix = ''
  for (let i = 0; i < suffixLength; i++) suffix += alphabet[randomInt(alphabet.length)]
  return base.slice(0, maxGenerated - suffixLength) + suffix
}

/** Checks the namespace of a body against that of the URL, and fills it in. @throws StatusError 400 */
export function settleNamespace(resource: ServedResource, metadata: ObjectMeta, namespace: string): void {
  if (!resource.namespaced) {
    if (metadata.namespace)
      throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
    return
  }
  if (metadata.namespace && metadata.namespace !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  metadata.namespace = namespace
}

/** Fills in what a new object gets, and drops what only the server may say. */
export function newMetadata(metadata: ObjectMeta, now: number): ObjectMeta {
  const { name, generateName, namespace, generation, labels, annotations, ownerReferences, finalizers, managedFields } = metadata
  return {
    ...(name !== undefined && { name }),
    ...(generateName && { generateName }),
    ...(namespace && { namespace }),
    uid: randomUUID(),
    // Kept where the server has none of its own to put in its place.
    ...(generation && { generation }),
    creationTimestamp: rfc3339(now),
    ...(labels && Object.keys(labels).length && { labels }),
    ...(annotations && Object.keys(annotations).length && { annotations }),
    ...(ownerReferences?.length && { ownerReferences }),
    ...(finalizers?.length && { finalizers }),
    ...(managedFields && { managedFields }),
  } as ObjectMeta
}

/** Carries over what an update cannot change; what it wants to change nevertheless is left for validation to refuse. */
export function carriedMetadata(next: ObjectMeta, old: ObjectMeta): ObjectMeta {
  const merged: ObjectMeta = {
    ...next,
    uid: next.uid || old.uid!,
    deletionTimestamp: old.deletionTimestamp ?? next.deletionTimestamp!,
  }
  for (const field of [
    'name',
    'namespace',
    'creationTimestamp',
    'generation',
    'deletionGracePeriodSeconds',
    'generateName',
    'resourceVersion',
  ] as const)
    Object.assign(merged, { [field]: old[field] })
  for (const field of ['labels', 'annotations', 'finalizers', 'ownerReferences'] as const) {
    const value = merged[field]
    if (!value || Object.keys(value).length === 0) delete merged[field]
  }
  return ordered(merged)
}

const fieldOrder: (keyof ObjectMeta)[] = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
]

/** The order of Go's struct, so that equal metadata is equal text. */
export const ordered = (metadata: ObjectMeta): ObjectMeta =>
  Object.fromEntries(
    fieldOrder.flatMap(field => (metadata[field] === undefined ? [] : [[field, metadata[field]]])),
  ) as unknown as ObjectMeta

export const isTerminating = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined

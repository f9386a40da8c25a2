/** Between the version that is served and the one that is stored, and between an object and its place in the store. */
import { apiVersionOf, type KubeObject } from '@slipway/core/api'
import type { ServedResource } from '../served-resource.ts'
import type { Entry } from '../store/entry.ts'
import type { Key } from '../store/store.ts'

/** `deployments.apps`; `pods` for the core group. */
export const qualifiedResource = ({ resource, group }: { resource: string; group: string }): string =>
  group ? `${resource}.${group}` : resource
export const storageKey = (resource: ServedResource): string => resource.storageKey ?? qualifiedResource(resource)
export const keyIn = (resource: ServedResource, namespace: string, name: string): Key => ({
  resource: storageKey(resource),
  namespace: resource.namespaced ? namespace : '',
  name,
})
export const apiVersionServed = ({ group, version }: ServedResource): string => apiVersionOf(group, version)

const isStored = (resource: ServedResource): boolean => resource.version === resource.storageVersion && !resource.storageKey

/** A copy in the served version, of the caller's own. */
export function servedCopy(resource: ServedResource, entry: Entry): KubeObject {
  const object = entry.copy()
  return isStored(resource) ? object : converted(resource, object)
}
/** Shared with others: never change it. */
export const servedView = (resource: ServedResource, entry: Entry): KubeObject =>
  isStored(resource) ? entry.object : converted(resource, entry.object)

const converted = (resource: ServedResource, stored: KubeObject): KubeObject =>
  resource.fromStorage ? resource.fromStorage(stored) : { ...stored, apiVersion: apiVersionServed(resource), kind: resource.kind }

export const servedJson = (resource: ServedResource, entry: Entry): string =>
  isStored(resource) ? entry.json : JSON.stringify(converted(resource, entry.object))

/** For the store: apiVersion, kind and metadata come first, whatever the client's order was. */
export function toStored(resource: ServedResource, object: KubeObject): KubeObject {
  const { apiVersion: _, kind: __, metadata, ...rest } = object
  const ordered = { apiVersion: apiVersionServed(resource), kind: resource.kind, metadata, ...rest } as KubeObject
  if (isStored(resource)) return ordered
  return resource.toStorage
    ? resource.toStorage(ordered)
    : { ...ordered, apiVersion: apiVersionOf(resource.group, resource.storageVersion) }
}

/** `{"apiVersion":"v1","kind":"Pod",`: what stored JSON begins with, and items of a built-in list lack. */
export const envelopePrefix = (resource: ServedResource): string =>
  `{"apiVersion":${JSON.stringify(apiVersionServed(resource))},"kind":${JSON.stringify(resource.kind)},`

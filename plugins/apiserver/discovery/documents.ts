/** The discovery documents, computed from what is served. Pure. Source: k8s.io/apiserver pkg/endpoints/discovery */
import { createHash } from 'node:crypto'
import { apiVersionOf } from '@slipway/core/api'
import type { ServedResource } from '../served-resource.ts'
import { compareVersions } from './compare-versions.ts'
import { subresourcesOf } from './subresource.ts'

/** Of the named groups, in the order of their resources; the core group is ''. */
interface Group {
  name: string
  /** Most preferred first. */
  versions: string[]
}

function groupsOf(resources: readonly ServedResource[]): Group[] {
  const versions = new Map<string, Set<string>>()
  for (const { group, version } of resources) {
    const known = versions.get(group)
    if (known) known.add(version)
    else versions.set(group, new Set([version]))
  }
  return [...versions].map(([name, found]) => ({ name, versions: [...found].sort(compareVersions) }))
}

const inVersion = (resources: readonly ServedResource[], group: string, version: string) =>
  resources.filter(r => r.group === group && r.version === version)

/** Tells clients when the stored form of a resource changes. Source: k8s.io/apiserver pkg/endpoints/discovery/storageversionhash.go */
const storageVersionHash = ({ group, kind, storageVersion, storageKey }: ServedResource): string => {
  const stored = storageKey === 'events' ? '' : group
  return createHash('sha256').update(`${stored}/${storageVersion}/${kind}`).digest().subarray(0, 8).toString('base64')
}

const groupEntry = ({ name, versions }: Group) => {
  const all = versions.map(version => ({ groupVersion: apiVersionOf(name, version), version }))
  return { name, versions: all, preferredVersion: all[0] }
}

/** `/api` */
export const coreVersions = () => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [],
})

/** `/apis` */
export const groupList = (resources: readonly ServedResource[]) => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: groupsOf(resources)
    .filter(g => g.name)
    .map(groupEntry),
})

/** `/apis/GROUP`, undefined when it is not served. */
export function groupDocument(resources: readonly ServedResource[], name: string) {
  const group = groupsOf(resources).find(g => g.name === name)
  return group && { kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) }
}

const stored = (r: ServedResource) => r.verbs.includes('get')

function resourceEntries(r: ServedResource) {
  const { shortNames, categories, namespaced } = r
  const own = {
    name: r.resource,
    singularName: r.singular,
    namespaced,
    kind: r.kind,
    verbs: r.verbs,
    ...(shortNames.length && { shortNames }),
    ...(categories.length && { categories }),
    ...(stored(r) && { storageVersionHash: storageVersionHash(r) }),
  }
  const subresources = subresourcesOf(r).map(({ name, group, version, kind, verbs }) => ({
    name: `${r.resource}/${name}`,
    singularName: '',
    namespaced,
    ...(version && { group, version }),
    kind,
    verbs,
  }))
  return [own, ...subresources]
}

/** `/api/v1` and `/apis/GROUP/VERSION`, undefined when it is not served. */
export function resourceList(resources: readonly ServedResource[], group: string, version: string) {
  const found = inVersion(resources, group, version)
  if (!found.length) return undefined
  return {
    kind: 'APIResourceList',
    ...(group && { apiVersion: 'v1' }),
    groupVersion: apiVersionOf(group, version),
    resources: found.flatMap(resourceEntries),
  }
}

function aggregatedResource(r: ServedResource) {
  const own = r.builtin ? { group: '', version: '' } : { group: r.group, version: r.version }
  const subresources = subresourcesOf(r).map(({ name, group, version, kind, verbs }) => ({
    subresource: name,
    responseKind: version ? { group, version, kind } : { ...own, kind },
    verbs,
  }))
  return {
    resource: r.resource,
    responseKind: { ...own, kind: r.kind },
    scope: r.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: r.singular,
    verbs: r.verbs,
    ...(r.shortNames.length && { shortNames: r.shortNames }),
    ...(r.categories.length && { categories: r.categories }),
    ...(subresources.length && { subresources }),
  }
}

/**
 * All of `/api`, or of `/apis`, in one document (`apidiscovery.k8s.io/v2`).
 * Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#aggregated-discovery
 */
export const aggregated = (resources: readonly ServedResource[], core: boolean) => ({
  kind: 'APIGroupDiscoveryList',
  apiVersion: 'apidiscovery.k8s.io/v2',
  metadata: {},
  items: groupsOf(resources)
    .filter(g => (g.name === '') === core)
    .map(({ name, versions }) => ({
      metadata: name ? { name } : {},
      versions: versions.map(version => ({
        version,
        resources: inVersion(resources, name, version).map(aggregatedResource),
        freshness: 'Current',
      })),
    })),
})

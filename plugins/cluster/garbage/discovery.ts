/**
 * Which resources the API server has, from aggregated discovery: two requests, whatever their number.
 * Source: k8s.io/client-go discovery ServerPreferredResources; KEP-3352 for the aggregated form
 */
import { groupOf, type ResourceKind, StatusError } from '@slipway/core/api'
import type { Api } from '@slipway/core/client'

export interface DiscoveredKind extends ResourceKind {
  readonly verbs: readonly string[]
}

interface Discovery {
  items?: {
    metadata?: { name?: string }
    versions?: {
      version: string
      resources?: { resource: string; scope: string; verbs: string[]; responseKind?: { kind: string } }[]
    }[]
  }[]
}

const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

/** The resources of a document, each in the version that the server prefers: the first that has it. Pure. */
export function kindsIn(document: Discovery): DiscoveredKind[] {
  const found = new Map<string, DiscoveredKind>()
  for (const { metadata, versions = [] } of document.items ?? []) {
    const group = metadata?.name ?? ''
    for (const { version, resources = [] } of versions)
      for (const { resource, scope, verbs, responseKind } of resources) {
        const id = `${group}/${resource}`
        if (responseKind?.kind && !found.has(id))
          found.set(id, { group, version, kind: responseKind.kind, resource, namespaced: scope === 'Namespaced', verbs })
      }
  }
  return [...found.values()]
}

/** @throws StatusError when the server does not answer, or not in the aggregated form */
export async function discoverKinds(api: Api): Promise<DiscoveredKind[]> {
  const documents = await Promise.all(
    ['/api', '/apis'].map(async path => {
      const response = await api.raw('GET', path, { headers: { accept } })
      const document = (await response.json()) as Discovery & { kind?: string }
      if (response.ok && document.kind === 'APIGroupDiscoveryList') return document
      throw new StatusError(response.status, 'ServiceUnavailable', `${path} gives no aggregated discovery (${response.status})`)
    }),
  )
  return documents.flatMap(kindsIn)
}

const id = ({ group, resource }: ResourceKind) => `${group}/${resource}`
/** Events own nothing, come in great number and expire by themselves; reviews are no objects. */
const ignored = new Set(['/events', 'events.k8s.io/events'])

/** Those whose objects can be found, followed and deleted. Pure. */
export const deletableKinds = (kinds: DiscoveredKind[]): DiscoveredKind[] =>
  kinds.filter(kind => ['list', 'watch', 'delete'].every(verb => kind.verbs.includes(verb)) && !ignored.has(id(kind)))

/** The kind that a reference names; its version does not matter. Pure. */
export const kindFor = <K extends ResourceKind>(kinds: readonly K[], apiVersion: string, kind: string): K | undefined =>
  kinds.find(candidate => candidate.kind === kind && candidate.group === groupOf(apiVersion))

export const kindId = id

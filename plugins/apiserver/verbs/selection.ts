/** Which objects a list, a watch or a deletecollection is about. */
import type { KubeObject } from '@slipway/core/api'
import { qualifiedResource, servedView, storageKey } from '../object/stored.ts'
import { fieldSelector } from '../selectors/field-selector.ts'
import { labelSelector } from '../selectors/label-selector.ts'
import type { Entry } from '../store/entry.ts'
import type { Call } from './call.ts'

export interface Selection {
  /** Plural and group, as stored. */
  resource: string
  /** All when undefined. */
  namespace?: string
  /** False when there is no selector: everything in scope matches. */
  selective: boolean
  matches(entry: Entry): boolean
}

/** @throws StatusError 400 for a selector that cannot be understood */
export function selectionOf({ query, resource, namespace, name }: Call): Selection {
  const labels = query.get('labelSelector')
  const byLabels = labelSelector(labels)
  const fields = query.get('fieldSelector')
  const byFields = fieldSelector(
    fields,
    qualifiedResource(resource),
    resource.builtin ? undefined : (resource.selectableFields ?? []),
  )
  const scope = namespace || undefined
  const served = (entry: Entry): KubeObject => servedView(resource, entry)
  return {
    resource: storageKey(resource),
    ...(scope && { namespace: scope }),
    selective: Boolean(labels || fields || name),
    matches: entry =>
      (!scope || entry.namespace === scope) &&
      (!name || entry.name === name) &&
      (!labels || byLabels(entry.object.metadata.labels)) &&
      (!fields || byFields.matches(served(entry))),
  }
}

/** Nothing is created in a namespace that is not there, or is going. Source: apiserver pkg/admission/plugin/namespace/lifecycle */
import { type KubeObject, notFound, StatusError } from '@slipway/core/api'
import { isTerminating } from '../object/metadata.ts'
import { qualifiedResource } from '../object/stored.ts'
import type { ServedResource } from '../served-resource.ts'
import type { Transaction } from '../store/store.ts'

/** @throws StatusError 404, 403 */
export function requireNamespace(tx: Transaction, resource: ServedResource, object: KubeObject): void {
  const { namespace } = object.metadata
  if (!resource.namespaced || !namespace) return
  const entry = tx.get({ resource: 'namespaces', namespace: '', name: namespace })
  if (!entry) throw notFound('namespaces', '', namespace)
  if (!isTerminating(entry.object)) return
  const message = `namespace ${namespace} is being terminated`
  throw new StatusError(
    403,
    'Forbidden',
    `${qualifiedResource(resource)} ${JSON.stringify(object.metadata.name)} is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
    {
      name: object.metadata.name,
      ...(resource.group && { group: resource.group }),
      kind: resource.resource,
      causes: [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }],
    },
  )
}

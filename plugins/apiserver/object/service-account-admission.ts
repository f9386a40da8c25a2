/** A pod may only run as a service account that exists. Source: k8s.io/kubernetes plugin/pkg/admission/serviceaccount */
import { type KubeObject, StatusError } from '@slipway/core/api'
import type { Transaction } from '../store/store.ts'

/** `default` is made by a controller, a moment after its namespace: nobody has to wait for it. @throws StatusError 403 */
export function requireServiceAccount({ metadata, ...object }: KubeObject, tx: Transaction): void {
  const { serviceAccountName: name } = (object as { spec?: { serviceAccountName?: string } }).spec ?? {}
  if (!name || name === 'default') return
  const { namespace = '' } = metadata
  if (tx.get({ resource: 'serviceaccounts', namespace, name })) return
  throw new StatusError(
    403,
    'Forbidden',
    `pods ${JSON.stringify(metadata.name)} is forbidden: error looking up service account ${namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
    { name: metadata.name, kind: 'pods' },
  )
}

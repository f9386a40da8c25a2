/** What the strategies of a few built-in resources do to a new object, beyond defaults. Source: the strategies below k8s.io/kubernetes pkg/registry */
import type { KubeObject } from '@slipway/core/api'
import type { ServedResource } from '../served-resource.ts'
import type { Transaction } from '../store/store.ts'
import { allocateClusterIPs } from './cluster-ip.ts'
import { qualifiedResource } from './stored.ts'

type Prepare = (object: KubeObject, tx: Transaction) => void
type Loose = KubeObject & { spec?: Record<string, unknown>; status?: Record<string, unknown> }

const prepares: Record<string, Prepare> = {
  namespaces(object) {
    const namespace = object as Loose
    const finalizers = new Set(['kubernetes', ...((namespace.spec?.finalizers as string[] | undefined) ?? [])])
    namespace.spec = { ...namespace.spec, finalizers: [...finalizers] }
    namespace.status = { phase: 'Active' }
  },
  services: (object, tx) => allocateClusterIPs(object, tx),
}

/** Does what its strategy does at creation, in place. */
export const prepareSpecial = (resource: ServedResource, object: KubeObject, tx: Transaction): void =>
  prepares[qualifiedResource(resource)]?.(object, tx)

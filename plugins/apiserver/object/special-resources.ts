/** What the strategies of a few built-in resources do to a new object, beyond defaults. Source: the strategies below k8s.io/kubernetes pkg/registry */
import type { KubeObject } from '@slipway/core/api'
import type { ServedResource } from '../served-resource.ts'
import type { Transaction } from '../store/store.ts'
import { requireServiceAccount } from './service-account-admission.ts'
import { allocateForService } from './service-allocation.ts'
import { qualifiedResource } from './stored.ts'

type Prepare = (object: KubeObject, tx: Transaction) => void
type Definition = KubeObject & { spec: { versions?: { name: string; storage: boolean }[] }; status?: unknown }

const prepares: Record<string, Prepare> = {
  services: allocateForService,
  pods: requireServiceAccount,
  'customresourcedefinitions.apiextensions.k8s.io'(object) {
    const definition = object as Definition
    const storage = definition.spec.versions?.find(version => version.storage)?.name
    definition.status = { conditions: null, acceptedNames: { plural: '', kind: '' }, storedVersions: storage ? [storage] : [] }
  },
}

/** Does what its strategy does at creation, in place. */
export const prepareSpecial = (resource: ServedResource, object: KubeObject, tx: Transaction): void =>
  prepares[qualifiedResource(resource)]?.(object, tx)

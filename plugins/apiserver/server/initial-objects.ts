/** What is there from the first start on. Source: k8s.io/kubernetes pkg/controlplane/controller/systemnamespaces */

import { readObject } from '../object/read-object.ts'
import { keyIn } from '../object/stored.ts'
import type { ResourceRegistry } from '../served-resource.ts'
import type { Store } from '../store/store.ts'
import { createIn } from '../verbs/create.ts'

const namespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease']

export async function createInitialObjects(store: Store, registry: ResourceRegistry, now: number): Promise<void> {
  const resource = registry.find('', 'v1', 'namespaces')
  if (!resource) return
  const missing = namespaces.filter(name => !store.get(keyIn(resource, '', name)))
  if (!missing.length) return
  await store.write(tx => {
    for (const name of missing)
      createIn(tx, resource, readObject(resource, { metadata: { name } }).object, { manager: 'kube-apiserver', now })
  })
}

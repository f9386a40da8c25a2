/** For tests: an API server in memory that also answers discovery, deletecollection, finalize, and the propagation of deletions. */
import { type KubeObject, k8s, type ResourceKind } from '@slipway/core/api'
import type { DeleteOptions, ObjectRef } from '@slipway/core/client'
import { type FakeApi, fakeApi, rawAnswer } from '@slipway/core/testing'

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']

function discoveryDocument(kinds: readonly ResourceKind[], isCore: boolean) {
  const groups = Map.groupBy(
    kinds.filter(kind => (kind.group === '') === isCore),
    kind => kind.group,
  )
  return {
    kind: 'APIGroupDiscoveryList',
    items: [...groups].map(([name, members]) => ({
      metadata: { name },
      versions: [
        {
          version: members[0]!.version,
          resources: members.map(({ kind, resource, namespaced }) => ({
            resource,
            scope: namespaced ? 'Namespaced' : 'Cluster',
            verbs,
            responseKind: { kind },
          })),
        },
      ],
    })),
  }
}

/** @param kinds changed by a test to have resources come and go */
export function discoverableApi(kinds: ResourceKind[], ...objects: KubeObject[]): FakeApi {
  const api = fakeApi(...objects)
  const remove = api.delete
  const policy: Record<string, string> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' }
  api.delete = async (kind: ResourceKind, ref: ObjectRef, options: DeleteOptions = {}) => {
    const finalizer = policy[options.propagation ?? '']
    const live = await api.find(kind, ref)
    if (finalizer && live && !live.metadata.finalizers?.includes(finalizer))
      await api.patch(kind, ref, 'merge', { metadata: { finalizers: [...(live.metadata.finalizers ?? []), finalizer] } })
    await remove(kind, ref, options)
  }
  api.raw = async (method, path, { body } = {}) => {
    if (path === '/api' || path === '/apis') return rawAnswer(discoveryDocument(kinds, path === '/api'))
    if (method === 'DELETE') {
      const [, namespace, resource] = /\/namespaces\/([^/]+)\/([^/?]+)$/.exec(path) ?? []
      const kind = kinds.find(k => k.resource === resource)!
      for (const object of api.all(kind.kind)) if (object.metadata.namespace === namespace) await remove(kind, object.metadata)
      return rawAnswer({})
    }
    if (path.endsWith('/finalize')) {
      const { metadata, spec } = body as k8s.Namespace
      await api.patch(k8s.Namespace, metadata, 'merge', {
        spec: { finalizers: spec?.finalizers ?? [] },
        metadata: { finalizers: [] },
      })
      return rawAnswer({})
    }
    throw new Error(`no such path: ${method} ${path}`)
  }
  return api
}

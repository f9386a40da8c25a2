/** Which kind each subresource takes, and what can be done with it. Source: the discovery documents of a kube-apiserver 1.34. */
import type { ServedResource } from '../served-resource.ts'

export interface Subresource {
  name: string
  /** Empty group and version: those of the resource. */
  group: string
  version: string
  kind: string
  verbs: readonly string[]
}

const changing = ['get', 'patch', 'update']

const special: Record<string, Omit<Subresource, 'name'>> = {
  attach: { group: '', version: '', kind: 'PodAttachOptions', verbs: ['create', 'get'] },
  binding: { group: '', version: '', kind: 'Binding', verbs: ['create'] },
  eviction: { group: 'policy', version: 'v1', kind: 'Eviction', verbs: ['create'] },
  exec: { group: '', version: '', kind: 'PodExecOptions', verbs: ['create', 'get'] },
  portforward: { group: '', version: '', kind: 'PodPortForwardOptions', verbs: ['create', 'get'] },
  token: { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest', verbs: ['create'] },
  scale: { group: 'autoscaling', version: 'v1', kind: 'Scale', verbs: changing },
}
/** Of the resource's own kind. */
const ownKind: Record<string, readonly string[]> = { finalize: ['update'], log: ['get'] }

/** In the order of discovery: by name for built-in resources, `status` first for custom ones. */
export function subresourcesOf({ kind, hasStatus, scale, subresources = [], builtin }: ServedResource): Subresource[] {
  const names = [...subresources, ...(hasStatus ? ['status'] : []), ...(scale ? ['scale'] : [])]
  const found = names.map(name => ({
    name,
    ...(special[name] ?? { group: '', version: '', kind, verbs: ownKind[name] ?? changing }),
  }))
  return builtin ? found.sort((a, b) => (a.name < b.name ? -1 : 1)) : found
}

/** Who asks. Source: k8s.io/apiserver pkg/authentication/user */
export interface User {
  name: string
  uid?: string
  groups: readonly string[]
  extra?: Record<string, string[]>
}

/** What is asked for, in the words of a SubjectAccessReview. */
export interface Attributes {
  verb: string
  group: string
  resource: string
  subresource?: string
  namespace?: string
  name?: string
  /** Set instead of the resource's fields for `/version` and the like. */
  path?: string
}

/** May the user do that? The one seam for RBAC. */
export type Authorize = (user: User, attributes: Attributes) => { allowed: boolean; reason?: string }

export const mastersGroup = 'system:masters'

/** Whoever holds the server's own token may do everything; service accounts may ask who they are, and nothing else. */
export const authorizeMasters: Authorize = (user, { group, resource, verb }) => {
  if (user.groups.includes(mastersGroup)) return { allowed: true }
  const aboutOneself = group === 'authorization.k8s.io' || group === 'authentication.k8s.io'
  return { allowed: aboutOneself && verb === 'create' && resource.startsWith('selfsubject') }
}

/** `configmaps is forbidden: User "x" cannot list resource …`. Source: apiserver pkg/endpoints/handlers/responsewriters/errors.go */
export function forbiddenMessage(user: User, { verb, group, resource, subresource, namespace, name, path }: Attributes): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${verb}`
  if (path !== undefined) return `forbidden: ${who} path ${JSON.stringify(path)}`
  const what = subresource ? `${resource}/${subresource}` : resource
  const qualified = group ? `${resource}.${group}` : resource
  const where = namespace ? `in the namespace ${JSON.stringify(namespace)}` : 'at the cluster scope'
  const head = name ? `${qualified} ${JSON.stringify(name)}` : qualified
  return `${head} is forbidden: ${who} resource ${JSON.stringify(what)} in API group ${JSON.stringify(group)} ${where}`
}

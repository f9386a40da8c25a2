/** Which handler answers a request: by resource, subresource and method. */
import { badRequest, notFound, StatusError } from '@slipway/core/api'
import { bindPod } from '../pods/binding.ts'
import { evictPod } from '../pods/eviction.ts'
import { needsUpgrade, podLog } from '../pods/proxied.ts'
import type { ServedResource, Verb } from '../served-resource.ts'
import { patchEphemeralContainers, putEphemeralContainers } from '../subresources/ephemeral-containers.ts'
import { finalizeNamespace } from '../subresources/finalize-namespace.ts'
import { isReview, review } from '../subresources/reviews.ts'
import { getScale, patchScale, updateScale } from '../subresources/scale.ts'
import { serviceAccountToken } from '../subresources/service-account-token.ts'
import type { VerbHandler } from '../verbs/call.ts'
import { create } from '../verbs/create.ts'
import { remove } from '../verbs/delete.ts'
import { deleteCollection } from '../verbs/delete-collection.ts'
import { get } from '../verbs/get.ts'
import { list } from '../verbs/list.ts'
import { patch } from '../verbs/patch.ts'
import { update } from '../verbs/update.ts'
import { watch } from '../verbs/watch.ts'

export interface Routed {
  /** For authorization. */
  verb: Verb
  handler: VerbHandler
}

const handlers: Record<Verb, VerbHandler> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: deleteCollection,
}
const isTrue = (text: string | null) => text === 'true' || text === '1'

/** Source: apiserver pkg/endpoints/request/requestinfo.go */
function verbOf(method: string, name: string | undefined, query: URLSearchParams): Verb | undefined {
  switch (method) {
    case 'GET':
      if (isTrue(query.get('watch'))) return 'watch'
      return name ? 'get' : 'list'
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return name ? 'delete' : 'deletecollection'
    default:
      return undefined
  }
}

type Subroutes = Partial<Record<Verb, VerbHandler>>
const status: Subroutes = { get, update, patch }
const scale: Subroutes = { get: getScale, update: updateScale, patch: patchScale }
const upgrade: Subroutes = { get: needsUpgrade, create: needsUpgrade }
const special: Record<string, Subroutes> = {
  'pods/log': { get: podLog },
  'pods/exec': upgrade,
  'pods/attach': upgrade,
  'pods/portforward': upgrade,
  'pods/binding': { create: bindPod },
  'pods/eviction': { create: evictPod },
  'pods/ephemeralcontainers': { get, update: putEphemeralContainers, patch: patchEphemeralContainers },
  'namespaces/finalize': { update: finalizeNamespace },
  'serviceaccounts/token': { create: serviceAccountToken },
}

function subroutes(resource: ServedResource, subresource: string): Subroutes | undefined {
  if (subresource === 'status') return resource.hasStatus ? status : undefined
  if (subresource === 'scale') return resource.scale ? scale : undefined
  return resource.group === '' ? special[`${resource.resource}/${subresource}`] : undefined
}

const notAllowed = () =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
/** What custom resources answer, where built-in ones have no route. */
const notSupported = (verb: Verb, { resource, group }: ServedResource) =>
  new StatusError(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind ${JSON.stringify(`${resource}.${group}`)}`,
    {
      group,
      kind: resource,
    },
  )

/**
 * @returns undefined when there is no such path
 * @throws StatusError 405 when the path does not take the method
 */
export function route(
  resource: ServedResource,
  method: string,
  name: string | undefined,
  subresource: string | undefined,
  query: URLSearchParams,
  hasNamespace: boolean,
): Routed | undefined {
  const verb = verbOf(method, name, query)
  if (!verb) throw notAllowed()
  if (subresource !== undefined) {
    const routes = subroutes(resource, subresource)
    if (!routes && !resource.builtin && name) throw notFound(resource.resource, resource.group, name)
    if (!routes) return undefined
    const handler = routes[verb]
    if (!handler) throw resource.builtin ? notAllowed() : notSupported(verb, resource)
    return { verb, handler }
  }
  if (!resource.builtin && verb === 'update' && name === undefined) throw badRequest('name must be provided')
  const misplaced = name !== undefined ? verb === 'create' && resource.builtin : verb === 'update' || verb === 'patch'
  const needsNamespace = resource.namespaced && !hasNamespace && verb !== 'list' && verb !== 'watch'
  if (needsNamespace && name !== undefined) return undefined
  if (misplaced || needsNamespace || !resource.verbs.includes(verb)) throw notAllowed()
  return { verb, handler: verb === 'create' && isReview(resource.kind) ? review : handlers[verb] }
}

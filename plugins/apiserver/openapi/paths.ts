/** The paths of a resource with their operations. kubectl reads from them which kind a path serves, and which query parameters it takes. */

import { subresourcesOf } from '../discovery/subresource.ts'
import type { ServedResource, Verb } from '../served-resource.ts'
import { type Dialect, referenceTo } from './builtin-schemas.ts'

interface Parameter {
  name: string
  in: 'query' | 'path'
  type: 'string' | 'boolean' | 'integer'
  description: string
  required?: boolean
}

const query = (name: string, description: string, type: Parameter['type'] = 'string'): Parameter => ({
  name,
  in: 'query',
  type,
  description,
})

const dryRun = query(
  'dryRun',
  'When present, indicates that modifications should not be persisted. An invalid or unrecognized dryRun directive will result in an error response and no further processing of the request. Valid values are: - All: all dry run stages will be processed',
)
const fieldManager = query(
  'fieldManager',
  'fieldManager is a name associated with the actor or entity that is making these changes. The value must be less than or 128 characters long, and only contain printable characters, as defined by https://golang.org/pkg/unicode/#IsPrint.',
)
const fieldValidation = query(
  'fieldValidation',
  'fieldValidation instructs the server on how to handle objects in the request (POST/PUT/PATCH) containing unknown or duplicate fields. Valid values are: - Ignore - Warn (the default) - Strict',
)
const force = query(
  'force',
  'Force is going to "force" Apply requests. It means user will re-acquire conflicting fields owned by other people.',
  'boolean',
)
const changing = [dryRun, fieldManager, fieldValidation]
const deleting = [
  dryRun,
  query(
    'gracePeriodSeconds',
    'The duration in seconds before the object should be deleted. The value zero indicates delete immediately.',
    'integer',
  ),
  query('propagationPolicy', "Whether and how garbage collection will be performed: 'Orphan', 'Background' or 'Foreground'."),
]
const listing = [
  query('allowWatchBookmarks', 'allowWatchBookmarks requests watch events with type "BOOKMARK".', 'boolean'),
  query('continue', 'The continue option should be set when retrieving more results from the server.'),
  query('fieldSelector', 'A selector to restrict the list of returned objects by their fields.'),
  query('labelSelector', 'A selector to restrict the list of returned objects by their labels.'),
  query('limit', 'limit is a maximum number of responses to return for a list call.', 'integer'),
  query('resourceVersion', 'resourceVersion sets a constraint on what resource versions a request may be served from.'),
  query('resourceVersionMatch', 'resourceVersionMatch determines how resourceVersion is applied to list calls.'),
  query('sendInitialEvents', 'Whether a watch begins with synthetic events for the objects that are there.', 'boolean'),
  query('timeoutSeconds', 'Timeout for the list/watch call.', 'integer'),
  query(
    'watch',
    'Watch for changes to the described resources and return them as a stream of add, update, and remove notifications.',
    'boolean',
  ),
]

interface Method {
  method: 'get' | 'post' | 'put' | 'patch' | 'delete'
  action: string
  parameters: Parameter[]
  body: boolean
}
const methods: Partial<Record<Verb, Method>> = {
  list: { method: 'get', action: 'list', parameters: listing, body: false },
  create: { method: 'post', action: 'post', parameters: changing, body: true },
  deletecollection: { method: 'delete', action: 'deletecollection', parameters: [...deleting, ...listing], body: false },
  get: { method: 'get', action: 'get', parameters: [], body: false },
  update: { method: 'put', action: 'put', parameters: changing, body: true },
  patch: { method: 'patch', action: 'patch', parameters: [...changing, force], body: true },
  delete: { method: 'delete', action: 'delete', parameters: deleting, body: false },
}
const ofCollection: Verb[] = ['list', 'create', 'deletecollection']
const ofObject: Verb[] = ['get', 'update', 'patch', 'delete']
const patchTypes = [
  'application/apply-patch+yaml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
]
/** kubectl apply sends what it finds here, and custom resources do not take a strategic merge patch. */
const patchTypesOf = (builtin: boolean) => patchTypes.filter(type => builtin || !type.includes('strategic'))
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const parameterOf = (dialect: Dialect, { type, ...rest }: Parameter) =>
  dialect === 'v2' ? { ...rest, type, uniqueItems: true } : { ...rest, schema: { type, uniqueItems: true } }

interface Target {
  dialect: Dialect
  tag: string
  /** Of the kind that the operation takes and gives. */
  gvk: { group: string; version: string; kind: string }
  schema: string
  builtin: boolean
}

function operation({ dialect, tag, gvk, schema, builtin }: Target, id: string, { action, parameters, body }: Method) {
  const reference = referenceTo(dialect, schema)
  const types = action === 'patch' ? patchTypesOf(builtin) : ['*/*']
  const bodyV3 = body && {
    requestBody: { required: true, content: Object.fromEntries(types.map(t => [t, { schema: reference }])) },
  }
  const all = parameters.map(p => parameterOf(dialect, p))
  return {
    tags: [tag],
    operationId: id,
    ...(dialect === 'v2' && { consumes: types, produces: ['application/json', 'application/yaml'] }),
    parameters: dialect === 'v2' && body ? [{ name: 'body', in: 'body', required: true, schema: reference }, ...all] : all,
    ...(dialect === 'v3' && bodyV3),
    responses: {
      200: {
        description: 'OK',
        ...(dialect === 'v2' ? { schema: reference } : { content: { 'application/json': { schema: reference } } }),
      },
      401: { description: 'Unauthorized' },
    },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': gvk,
  }
}

/**
 * @param schemaOf the name of a kind's schema
 * @returns path items by path
 */
export function pathsOf(
  resource: ServedResource,
  dialect: Dialect,
  schemaOf: (kind: { group: string; version: string; kind: string; builtin: boolean }) => string,
): Record<string, Record<string, unknown>> {
  const { group, version, kind, namespaced, verbs } = resource
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`
  const base = `${root}${namespaced ? '/namespaces/{namespace}' : ''}/${resource.resource}`
  const inPath = (name: string, description: string) =>
    parameterOf(dialect, { name, in: 'path', required: true, type: 'string', description })
  const scope = namespaced ? [inPath('namespace', 'object name and auth scope, such as for teams and projects')] : []
  const named = [inPath('name', `name of the ${kind}`), ...scope]
  const tag = `${(group.split('.')[0] || 'core').replace(/-(\w)/g, (_, c) => c.toUpperCase())}_${version}`
  const idTail = `${capital(tag.split('_')[0]!)}${capital(version)}${namespaced ? 'Namespaced' : ''}${kind}`
  const own: Target = { dialect, tag, gvk: { group, kind, version }, schema: schemaOf(resource), builtin: resource.builtin }
  const operations = (which: Verb[], target: Target, suffix = '') =>
    Object.fromEntries(
      which
        .filter(verb => verbs.includes(verb) || suffix)
        .map(verb => {
          const method = methods[verb]!
          return [method.method, operation(target, `${verb}${idTail}${suffix}`, method)]
        }),
    )
  const paths: Record<string, Record<string, unknown>> = { [base]: { ...operations(ofCollection, own), parameters: scope } }
  if (namespaced && verbs.includes('list'))
    paths[`${root}/${resource.resource}`] = { get: operation(own, `list${idTail}ForAllNamespaces`, methods.list!) }
  if (verbs.includes('get')) paths[`${base}/{name}`] = { ...operations(ofObject, own), parameters: named }
  for (const sub of subresourcesOf(resource)) {
    if (sub.kind.endsWith('Options')) continue
    const target = sub.version ? { group: sub.group, version: sub.version, kind: sub.kind } : { group, version, kind: sub.kind }
    const which = sub.verbs.filter((v): v is Verb => v in methods)
    paths[`${base}/{name}/${sub.name}`] = {
      ...operations(
        which,
        { ...own, gvk: target, schema: schemaOf({ ...target, builtin: sub.kind === kind ? resource.builtin : true }) },
        capital(sub.name),
      ),
      parameters: named,
    }
  }
  return paths
}

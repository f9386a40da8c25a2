/** Answers `/api`, `/apis`, `/apis/GROUP` and the lists of resources below them. Documents are kept until the registry changes. */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { StatusError } from '@slipway/core/api'
import type { ResourceRegistry, ServedResource } from '../served-resource.ts'
import { aggregated, coreVersions, groupDocument, groupList, resourceList } from './documents.ts'

export type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void

const aggregatedType = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

type Form = 'aggregated' | 'plain'

/** @throws StatusError 406 when the client takes neither form */
function formOf(accept: string | undefined): Form {
  for (const clause of (accept || '*/*').split(',')) {
    const [type, ...parameters] = clause.split(';').map(part => part.trim())
    const given = Object.fromEntries(parameters.map(p => p.split('=', 2) as [string, string]))
    if (type !== 'application/json' && type !== '*/*' && type !== 'application/*') continue
    if (given.as === 'APIGroupDiscoveryList') {
      if (given.g === 'apidiscovery.k8s.io' && given.v === 'v2') return 'aggregated'
    } else if (!given.as) return 'plain'
  }
  throw new StatusError(
    406,
    'NotAcceptable',
    'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
  )
}

function documentOf(resources: ServedResource[], parts: string[], form: Form): object | undefined {
  const [root, group, version, ...more] = parts
  if (more.length) return undefined
  if (root === 'api') {
    if (version !== undefined) return undefined
    if (group !== undefined) return resourceList(resources, '', group)
    return form === 'aggregated' ? aggregated(resources, true) : coreVersions()
  }
  if (root !== 'apis') return undefined
  if (group === undefined) return form === 'aggregated' ? aggregated(resources, false) : groupList(resources)
  return version === undefined ? groupDocument(resources, group) : resourceList(resources, group, version)
}

interface Answer {
  body: string
  etag: string
}

export function discoveryHandler(registry: ResourceRegistry): Handler {
  let made = -1
  const answers = new Map<string, Answer | undefined>()
  const answer = (path: string, form: Form): Answer | undefined => {
    if (made !== registry.version) answers.clear()
    made = registry.version
    const key = `${form} ${path}`
    if (answers.has(key)) return answers.get(key)
    const document = documentOf(registry.all(), path.split('/').filter(Boolean), form)
    const body = document && JSON.stringify(document)
    const found = body ? { body, etag: `"${createHash('sha512').update(body).digest('hex').toUpperCase()}"` } : undefined
    // Paths that are not there are not kept: anybody may ask for any number of them.
    if (found) answers.set(key, found)
    return found
  }
  return (request, response, next) => {
    const path = (request.url ?? '').replace(/\?.*$/, '').replace(/\/$/, '')
    if (request.method !== 'GET' || !/^\/apis?(\/|$)/.test(path)) return next()
    const isRoot = path === '/api' || path === '/apis'
    const form = formOf(request.headers.accept)
    const used: Form = isRoot ? form : 'plain'
    const found = answer(path, used)
    if (!found) return next()
    const type = used === 'aggregated' ? aggregatedType : 'application/json'
    response.setHeader('vary', 'Accept')
    response.setHeader('cache-control', 'no-cache, private')
    if (isRoot) response.setHeader('etag', found.etag)
    if (isRoot && request.headers['if-none-match'] === found.etag) return void response.writeHead(304).end()
    response.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(found.body) }).end(found.body)
  }
}

/** Answers every request for a resource: identifies, finds, authorizes, runs the verb, and turns any failure into a Status. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { isStatus, StatusError } from '@slipway/core/api'
import { forbiddenMessage, type User } from '../access/user.ts'
import { kubeletTarget } from '../pods/kubelet-path.ts'
import { upgraded } from '../pods/proxied.ts'
import type { Call, ServerContext } from '../verbs/call.ts'
import { requireEntry } from '../verbs/get.ts'
import { negotiate } from './negotiate.ts'
import { readBody } from './request-body.ts'
import { parseRequestPath, type RequestPath } from './request-path.ts'
import { sendError, sendJson, sendPathNotFound } from './respond.ts'
import { route } from './route.ts'

/** @throws StatusError 401 */
export function identify({ tokens }: Pick<ServerContext, 'tokens'>, request: IncomingMessage): User {
  const { authorization } = request.headers
  const token = authorization?.startsWith('Bearer ') ? authorization.slice(7) : protocolToken(request)
  const user = token ? tokens.identify(token) : undefined
  if (!user) throw new StatusError(401, 'Unauthorized', 'Unauthorized')
  return user
}

/** Browsers cannot set headers on WebSockets: the token comes as a subprotocol. Source: apiserver pkg/authentication/request/websocket */
function protocolToken({ headers }: IncomingMessage): string | undefined {
  const prefix = 'base64url.bearer.authorization.k8s.io.'
  const protocol = headers['sec-websocket-protocol']?.split(',').find(p => p.trim().startsWith(prefix))
  return protocol && Buffer.from(protocol.trim().slice(prefix.length), 'base64url').toString()
}

/** @throws StatusError 403 */
export function requireAllowed(
  { authorize }: Pick<ServerContext, 'authorize'>,
  user: User,
  verb: string,
  path: RequestPath,
): void {
  const { group, resource, subresource, namespace, name } = path
  const attributes = {
    verb,
    group,
    resource,
    ...(subresource && { subresource }),
    ...(namespace && { namespace }),
    ...(name && { name }),
  }
  const { allowed, reason } = authorize(user, attributes)
  if (allowed) return
  const message = forbiddenMessage(user, attributes)
  throw new StatusError(403, 'Forbidden', reason ? `${message}: ${reason}` : message, {
    ...(name && { name }),
    ...(group && { group }),
    kind: resource,
  })
}

/** Below the groups that are built in, a Status; elsewhere the plain text of Go's router. @throws StatusError 404 */
function refusePath({ registry }: ServerContext, response: ServerResponse, group: string | undefined): void {
  const builtin = registry.all().some(resource => resource.builtin && resource.group === group)
  if (builtin) throw new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})
  sendPathNotFound(response)
}

export function resourceHandler(context: ServerContext): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const fault = (request: IncomingMessage) => (error: unknown) =>
    context.log.error({ err: error, method: request.method, path: request.url }, 'a request failed by a fault of the server')
  return async (request, response) => {
    const warnings: string[] = []
    try {
      const { pathname, query } = split(request.url!)
      const user = identify(context, request)
      const path = parseRequestPath(pathname)
      const resource = path && context.registry.find(path.group, path.version, path.resource)
      if (!resource || path.rest || (!resource.namespaced && path.namespace)) return refusePath(context, response, path?.group)
      const { name, subresource, namespace } = path
      if (path.watch) query.set('watch', 'true')
      const routed = route(resource, request.method!, name, subresource, query, namespace !== '')
      if (!routed) return refusePath(context, response, path.group)
      requireAllowed(context, user, routed.verb, path)
      if (resource.deprecationWarning) warnings.push(resource.deprecationWarning)
      const accept = negotiate(request.headers.accept)
      const call: Call = {
        ...path,
        request,
        response,
        resource,
        query,
        headers: request.headers,
        accept,
        user,
        body: () => readBody(request),
        warnings,
      }
      const answer = await routed.handler(context, call)
      if (answer) await sendJson(response, { code: answer.code, encoding: accept.encoding, warnings }, answer.json)
    } catch (error) {
      sendError(response, error, fault(request), warnings)
    }
  }
}

function split(url: string): { pathname: string; query: URLSearchParams } {
  const mark = url.indexOf('?')
  return mark < 0
    ? { pathname: url, query: new URLSearchParams() }
    : { pathname: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1)) }
}

/** Answers requests to upgrade: exec, attach and port-forward, passed through to the pod's kubelet. */
export function upgradeHandler(
  context: ServerContext,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void> {
  return async (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    try {
      const { pathname, query } = split(request.url!)
      const user = identify(context, request)
      const path = parseRequestPath(pathname)
      const resource = path && context.registry.find(path.group, path.version, path.resource)
      if (path?.resource !== 'pods' || !resource || !path.name || !upgraded.has(path.subresource ?? ''))
        throw new StatusError(400, 'BadRequest', 'this path does not take an upgrade')
      requireAllowed(context, user, request.method === 'POST' ? 'create' : 'get', path)
      const pod = requireEntry(context.store, resource, path.namespace, path.name).object
      const target = kubeletTarget(pod, path.subresource!, query)!
      await context.kubelet.upgrade(target.node, target.path, request, socket, head)
    } catch (error) {
      if (!isStatus(error)) context.log.error({ err: error, path: request.url }, 'an upgrade failed by a fault of the server')
      const status = isStatus(error) ? error : new StatusError(500, 'InternalError', `Internal error occurred: ${error}`)
      const body = JSON.stringify(status.toStatus())
      socket.end(
        `HTTP/1.1 ${status.code} ${status.reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
      )
    }
  }
}

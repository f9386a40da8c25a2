/** Finds a pod's kubelet and hands requests on to it: logs as streams, exec and its like as raw upgrades. */
import { request as httpRequest, type IncomingMessage, type RequestOptions, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequest, type KubeObject, StatusError } from '@slipway/core/api'
import type { Store } from '../store/store.ts'

export interface KubeletClient {
  /** Streams a kubelet's answer to `path` into the response. */
  stream(node: string, path: string, request: IncomingMessage, response: ServerResponse): Promise<void>
  /** Passes an upgrade (WebSocket, SPDY) through, byte by byte. */
  upgrade(node: string, path: string, request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>
}

interface NodeStatus {
  addresses?: { type: string; address: string }[]
  daemonEndpoints?: { kubeletEndpoint?: { Port?: number } }
}
const preferred = ['InternalIP', 'Hostname', 'ExternalIP']

/** @throws StatusError when the node has not said where it can be reached */
export function kubeletAddress(node: KubeObject & { status?: NodeStatus }): { host: string; port: number } {
  const { addresses = [], daemonEndpoints } = node.status ?? {}
  const host = preferred.map(type => addresses.find(address => address.type === type)?.address).find(Boolean)
  const port = daemonEndpoints?.kubeletEndpoint?.Port
  if (host && port) return { host, port }
  throw new StatusError(
    500,
    'InternalError',
    `Internal error occurred: node ${JSON.stringify(node.metadata.name)} has not published the address and port of its kubelet`,
  )
}

/** @param token what kubelets demand */
export function kubeletClient(store: Store, token: string): KubeletClient {
  const options = (name: string, path: string, { method = 'GET', headers }: IncomingMessage): RequestOptions => {
    const entry = store.get({ resource: 'nodes', namespace: '', name })
    if (!entry) throw badRequest(`node ${JSON.stringify(name)} of the pod does not exist`)
    const { host, port } = kubeletAddress(entry.object)
    return { host, port, path, method, headers: { ...headers, host: `${host}:${port}`, authorization: `Bearer ${token}` } }
  }
  return {
    stream: (node, path, request, response) =>
      new Promise((resolve, reject) => {
        const { accept: _, ...headers } = request.headers
        const outgoing = httpRequest(options(node, path, { ...request, headers, method: 'GET' } as IncomingMessage), answer => {
          const { 'content-type': type = 'text/plain' } = answer.headers
          response.writeHead(answer.statusCode ?? 502, { 'Content-Type': type, 'Cache-Control': 'no-cache, private' })
          response.flushHeaders()
          answer.pipe(response)
          answer.on('end', resolve)
          answer.on('error', () => response.destroy())
          response.on('close', () => {
            answer.destroy()
            resolve()
          })
        })
        outgoing.on('error', error => reject(unreachable(node, error)))
        outgoing.end()
      }),
    upgrade: (node, path, request, socket, head) =>
      new Promise((resolve, reject) => {
        const outgoing = httpRequest(options(node, path, request))
        outgoing.on('upgrade', (answer, upstream, first) => {
          socket.write(rawHead(answer))
          if (first.length) socket.write(first)
          if (head.length) upstream.write(head)
          join(socket, upstream, resolve)
        })
        outgoing.on('response', answer => {
          socket.write(rawHead(answer))
          answer.pipe(socket)
          answer.on('end', resolve)
        })
        outgoing.on('error', error => reject(unreachable(node, error)))
        outgoing.end()
      }),
  }
}

const unreachable = (node: string, error: Error) =>
  new StatusError(
    500,
    'InternalError',
    `Internal error occurred: error dialing backend: the kubelet of node ${JSON.stringify(node)} cannot be reached: ${error.message}`,
  )

function rawHead({ httpVersion, statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/${httpVersion} ${statusCode} ${statusMessage}`]
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

function join(a: Duplex, b: Duplex, done: () => void): void {
  a.pipe(b)
  b.pipe(a)
  const end = () => {
    a.destroy()
    b.destroy()
    done()
  }
  for (const side of [a, b]) side.on('error', end).on('close', end)
}

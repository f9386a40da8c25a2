/**
 * What the API server asks of a node: logs, exec, attach, port-forward, and what runs here. Loopback unless told otherwise, and only for
 * callers that present the token. Paths are those of kubelet (pkg/kubelet/server/server.go).
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Log } from '@slipway/core/observe'
import type { WebSocketServer } from 'ws'
import type { NodeServices } from '../pod/node-services.ts'
import { bundleDir } from '../pod/paths.ts'
import type { PodManager } from '../pod/pod-manager.ts'
import { channelProtocols } from './channels.ts'
import { serveLogs } from './container-logs.ts'
import { dialPod, servePortForward } from './port-forward.ts'
import { remoteOptions, serveSession } from './remote-command.ts'
import { statsSummary } from './stats-summary.ts'
import { findContainer, findPod, findRunning, RequestError } from './target.ts'

export interface KubeletServer {
  port: number
  close(): Promise<void>
}
export interface KubeletOptions {
  services: NodeServices
  pods: PodManager
  address: string
  port: number
  token: string | undefined
  log: Log
}

const digest = (text: string) => createHash('sha256').update(text).digest()

function isAllowed(request: IncomingMessage, token: string | undefined): boolean {
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  return token !== undefined && given !== undefined && timingSafeEqual(digest(given), digest(token))
}

const partsOf = (request: IncomingMessage) => {
  const url = new URL(request.url ?? '/', 'http://kubelet')
  return { parts: url.pathname.split('/').filter(Boolean).map(decodeURIComponent), query: url.searchParams }
}

export async function startKubeletServer({ services, pods, address, port, token, log }: KubeletOptions): Promise<KubeletServer> {
  const { runtime, nodeName, clock } = services
  let sockets: WebSocketServer | undefined

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { parts, query } = partsOf(request)
    const [what, namespace, name, container] = parts
    const json = (body: object) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (what === 'healthz') return void response.writeHead(200, { 'content-type': 'text/plain' }).end('ok')
    if (!isAllowed(request, token)) throw new RequestError(401, 'Unauthorized')
    if (what === 'pods')
      return void json({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: pods.all().map(w => w.record.pod) })
    if (what === 'stats' && namespace === 'summary') return void json(await statsSummary(nodeName, pods, runtime, clock.now()))
    if (what === 'containerLogs' && container)
      return serveLogs(findContainer(pods, namespace!, name!, container), query, request, response)
    if (['exec', 'attach', 'portForward'].includes(what ?? ''))
      throw new RequestError(400, `${what} needs an upgrade to a WebSocket with ${channelProtocols.join(' or ')}`)
    throw new RequestError(404, '404 page not found')
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(error => {
      const status = error instanceof RequestError ? error.status : 500
      if (status === 500) log.warn({ err: error, path: request.url }, 'a kubelet request failed')
      if (response.headersSent) return response.destroy()
      response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(error.message)
    })
  })

  const guard = (work: Promise<void>) => void work.catch(error => log.warn({ err: error }, 'a kubelet session failed'))

  /** Loaded at the first use: most nodes are never asked. */
  const accept = async (): Promise<WebSocketServer> => {
    const { WebSocketServer: Server } = await import('ws')
    sockets ??= new Server({ noServer: true, handleProtocols: offered => channelProtocols.find(p => offered.has(p)) ?? false })
    return sockets
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (!isAllowed(request, token)) throw new RequestError(401, 'Unauthorized')
    const { parts, query } = partsOf(request)
    const [what, namespace, name] = parts
    // kubelet's paths may have the pod's uid before the container's name.
    const container = parts.length > 4 ? parts[4] : parts[3]
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map(p => p.trim())
    if (request.headers.upgrade?.toLowerCase() !== 'websocket' || !channelProtocols.some(p => offered.includes(p)))
      throw new RequestError(403, `unable to upgrade: the node speaks WebSocket with ${channelProtocols.join(' or ')} only`)
    if (what === 'portForward') {
      const { state, pod } = findPod(pods, namespace!, name!).record
      const ports = query
        .getAll('port')
        .concat(query.getAll('ports'))
        .flatMap(p => p.split(','))
        .map(Number)
      if (!ports.length || ports.some(p => !(p > 0 && p < 65_536)))
        throw new RequestError(400, 'query parameter "port" must name ports')
      const ip = pod.spec.hostNetwork ? '127.0.0.1' : (state.network?.ip ?? '127.0.0.1')
      const dial = (p: number) => dialPod(ip, state.ports?.[p] ?? p, pod.spec.hostNetwork ? undefined : state.network?.netns)
      return (await accept()).handleUpgrade(request, socket, head, ws => guard(servePortForward(ws, ports, dial)))
    }
    if (what !== 'exec' && what !== 'attach') throw new RequestError(404, '404 page not found')
    const { state, worker } = findRunning(pods, namespace!, name!, container ?? '')
    const options = remoteOptions(query)
    if (what === 'exec' && !options.command.length) throw new RequestError(400, 'you must specify at least 1 command')
    const open = () =>
      what === 'exec'
        ? runtime.execSession(state.id!, options.command, { stdin: options.stdin, tty: options.tty })
        : runtime.attach(state.id!, bundleDir(worker.podDir, state.id!))
    ;(await accept()).handleUpgrade(request, socket, head, ws => guard(serveSession(ws, open, options)))
  }
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => {})
    upgrade(request, socket, head).catch(error => {
      const status = error instanceof RequestError ? error.status : 500
      const body = `${error.message}\n`
      socket.end(
        `HTTP/1.1 ${status} ${status === 404 ? 'Not Found' : 'Refused'}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      )
    })
  })
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', error =>
      reject(
        Object.assign(
          new Error(`the kubelet endpoint cannot listen on ${address}:${port}: ${error.message}; set plugins.node.port`),
          { cause: error },
        ),
      ),
    )
    server.listen(port, address, resolve)
  })
  const bound = (server.address() as { port: number }).port
  return {
    port: bound,
    close: () =>
      new Promise(resolve => {
        for (const client of sockets?.clients ?? []) client.terminate()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** HTTP/1.x clients: Node's server, its parser (llhttp, strict) and its limits; each request becomes an exchange. */
import type { IncomingMessage, ServerResponse as Response, Server } from 'node:http'
import type { Socket } from 'node:net'
import { Exchange } from '../exchange.ts'
import { badRequest } from '../failure.ts'
import { createServer, ServerResponse } from '../node-http.ts'
import { readRequest } from './h1-request.ts'
import { H1Sink } from './h1-sink.ts'
import type { ListenerLimits } from './limits.ts'

const upgradesToHttp2 = (request: IncomingMessage) => /\bh2c\b/i.test(request.headers.upgrade ?? '')

export function h1Server(limits: ListenerLimits, handle: (exchange: Exchange) => void): Server {
  const onRequest = (request: IncomingMessage, response: Response) => accept(request, response, false)
  const accept = (request: IncomingMessage, response: Response, isUpgrade: boolean) => {
    const head = readRequest(request, isUpgrade)
    if (typeof head === 'string') return void refuse(response, head)
    const exchange = new Exchange(head, new H1Sink(response))
    response.on('close', () => exchange.clientGone())
    handle(exchange)
  }
  const server = createServer(
    {
      maxHeaderSize: limits.maxHeaderBytes,
      headersTimeout: limits.headersTimeoutMs,
      // A body may take as long as its revision's timeouts allow.
      requestTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      connectionsCheckingInterval: Math.min(2000, limits.headersTimeoutMs),
      noDelay: true,
      shouldUpgradeCallback: request => !upgradesToHttp2(request),
    },
    onRequest,
  )
  server.maxHeadersCount = limits.maxHeaders
  // With Expect: 100-continue it is the upstream that says whether to go on.
  server.on('checkContinue', onRequest)
  server.on('upgrade', (request: IncomingMessage, socket: Socket, early: Buffer) => {
    if (early.length) socket.unshift(early)
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(socket)
    // Until the tunnel stands, the client's bytes wait in the kernel.
    socket.on('error', () => socket.destroy())
    response.on('finish', () => {
      response.detachSocket(socket)
      socket.end()
    })
    accept(request, response, true)
    socket.on('close', () => response.emit('close'))
  })
  return server
}

function refuse(response: Response, why: string): void {
  const { status, reason, message } = badRequest(why)
  response.writeHead(status, ['content-type', 'text/plain; charset=utf-8', 'slipway-reason', reason, 'connection', 'close'])
  response.end(`${message}\n`)
}

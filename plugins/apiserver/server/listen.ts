/** The listeners: HTTPS on a TCP port, and optionally plain HTTP on a unix socket that only its owner can open. */
import { once } from 'node:events'
import { chmod, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import type { Duplex } from 'node:stream'

export interface ListenOptions {
  handler: RequestListener
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  host: string
  /** 0: any free one. */
  port: number
  cert: string
  key: string
  /** Made anew, mode 0600. */
  socketPath?: string
}

export interface Listening {
  port: number
  /** Ends idle connections, then waits for the others up to the given time. */
  close(graceMs: number): Promise<void>
}

/** Connections are kept: TLS handshakes cost more than most requests. Longer than clients keep theirs, so that they are the ones to end them. */
const keepAliveMs = 180_000

function prepared<S extends HttpServer>(server: S, { upgrade }: ListenOptions): S {
  server.keepAliveTimeout = keepAliveMs
  server.headersTimeout = keepAliveMs + 5000
  // Watches last for hours, and a slow upload is limited by its size.
  server.requestTimeout = 0
  server.on('upgrade', upgrade)
  return server
}

async function bind(server: Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  server.listen(where)
  await once(server, 'listening')
}

/** @throws Error that names the port when it is taken */
export async function listen(options: ListenOptions): Promise<Listening> {
  const { handler, host, port, cert, key, socketPath } = options
  const tcp = prepared(createHttpsServer({ cert, key, ALPNProtocols: ['http/1.1'] }, handler), options)
  const servers: HttpServer[] = [tcp]
  try {
    await bind(tcp, { host, port })
    if (socketPath) {
      await rm(socketPath, { force: true })
      const local = prepared(createHttpServer(handler), options)
      servers.push(local)
      await bind(local, { path: socketPath })
      await chmod(socketPath, 0o600)
    }
  } catch (error) {
    for (const server of servers) server.close()
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new Error(
        `the API server cannot listen on ${host}:${port}: the port is taken; stop what uses it, or set another one`,
        { cause: error },
      )
    throw error
  }
  return {
    port: (tcp.address() as AddressInfo).port,
    async close(graceMs) {
      const closed = servers.map(server => once(server, 'close'))
      for (const server of servers) {
        server.close()
        server.closeIdleConnections()
      }
      const force = setTimeout(() => {
        for (const server of servers) server.closeAllConnections()
      }, graceMs)
      await Promise.all(closed)
      clearTimeout(force)
    },
  }
}

/** One port for HTTP/1.x and h2c: the first bytes of a connection tell which. */
import type { Http2Server } from 'node:http2'
import { createServer, type Server, type Socket } from 'node:net'
import type { Exchange } from '../exchange.ts'
import { h1Server } from './h1-server.ts'
import { defaultLimits, type ListenerLimits } from './limits.ts'

export interface ListenOptions {
  /** Default 127.0.0.1. */
  host?: string
  /** 0 takes a free one. */
  port: number
  /** Lets several processes share the port; the kernel spreads connections over them (Linux). */
  reusePort?: boolean
  limits?: Partial<ListenerLimits>
  handle(exchange: Exchange): void
}
export interface Listener {
  readonly host: string
  readonly port: number
  /** Stops taking connections, lets requests under way end for so long, then cuts them. */
  close(graceMs?: number): Promise<void>
}

/** Carries what a user is to do in its message. */
export class ListenError extends Error {
  readonly reason: 'PortTaken' | 'NotAllowed' | 'BadAddress'
  constructor(reason: ListenError['reason'], message: string) {
    super(message)
    this.name = 'ListenError'
    this.reason = reason
  }
}

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** @throws ListenError */
export async function listen(options: ListenOptions): Promise<Listener> {
  const limits = { ...defaultLimits, ...options.limits }
  const { host = '127.0.0.1', port, reusePort = false } = options
  const h1 = h1Server(limits, options.handle)
  // Loaded when the first client speaks it: 9 MB that most data planes never need.
  let h2: Promise<Http2Server> | undefined
  const acceptH2 = (socket: Socket) => {
    h2 ??= import('./h2-server.ts').then(({ h2Server }) => h2Server(limits, options.handle))
    h2.then(
      server => server.emit('connection', socket),
      () => socket.destroy(),
    )
  }
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    sniff(socket, limits.headersTimeoutMs, isH2 => (isH2 ? acceptH2(socket) : h1.emit('connection', socket)))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => reject(listenError(error, host, port)))
    server.listen({ host, port, reusePort, backlog: 1024 }, resolve)
  })
  const address = server.address() as { port: number }
  // Its own listening socket is never opened, so its check for slow requests has to be started here.
  h1.emit('listening')
  return {
    host,
    port: address.port,
    close: (graceMs = 5000) => closeAll(server, h1, sockets, graceMs),
  }
}

function sniff(socket: Socket, timeoutMs: number, decide: (isH2: boolean) => unknown): void {
  const onError = () => void socket.destroy()
  const onTimeout = () => void socket.destroy()
  let seen: Buffer = Buffer.alloc(0)
  const onReadable = () => {
    for (let chunk: Buffer | null; (chunk = socket.read()) !== null; ) seen = seen.length ? Buffer.concat([seen, chunk]) : chunk
    if (seen.length === 0) return
    const sure = Math.min(seen.length, preface.length)
    const maybeH2 = seen.compare(preface, 0, sure, 0, sure) === 0
    if (maybeH2 && sure < preface.length) return
    release()
    socket.unshift(seen)
    decide(maybeH2)
  }
  const onEnd = () => {
    release()
    socket.destroy()
  }
  const release = () => {
    socket.off('readable', onReadable)
    socket.off('end', onEnd)
    socket.off('error', onError)
    socket.off('timeout', onTimeout)
    socket.setTimeout(0)
  }
  socket.on('error', onError)
  socket.on('end', onEnd)
  socket.on('readable', onReadable)
  socket.setTimeout(timeoutMs, onTimeout)
}

async function closeAll(server: Server, h1: ReturnType<typeof h1Server>, sockets: Set<Socket>, graceMs: number): Promise<void> {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  h1.closeIdleConnections()
  const timer = setTimeout(() => {
    for (const socket of sockets) socket.destroy()
  }, graceMs)
  await closed
  clearTimeout(timer)
  h1.close()
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  switch (error.code) {
    case 'EADDRINUSE':
      return new ListenError('PortTaken', `${host}:${port} is in use by another process; stop it or configure another port`)
    case 'EACCES':
      return new ListenError('NotAllowed', `port ${port} needs more rights than this process has; configure one above 1023`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new ListenError('BadAddress', `${host} is not an address of this machine; configure another host`)
    default:
      return error
  }
}

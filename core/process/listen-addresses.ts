/**
 * A plain HTTP server on several addresses with one port, for the servers of the platform itself (registry, git). An address that this
 * machine does not have yet (the bridge of the pods' network is made by the node) is waited for.
 */
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock } from '../observe/clock.ts'
import type { Log } from '../observe/log.ts'

export interface ListenAddressesOptions {
  /** Whose server it is, for messages: `registry`. */
  plugin: string
  port: number
  /** The first must be there; it fixes the port where that is 0. */
  addresses: readonly string[]
  server?: ServerOptions
  /** How long a socket may be idle; default for ever. */
  idleMs?: number
  /** How long requests under way may go on when it closes; default 0. */
  graceMs?: number
  clock: Clock
  log: Log
}
export interface Listening {
  readonly port: number
  /** Takes no more requests; those under way are cut off after the grace. */
  close(): Promise<void>
}

const retryMs = 1000
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

const bind = (server: Server, address: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

/** @throws Error naming the port and the setting, when it is taken */
export async function listenAddresses(handler: RequestListener, options: ListenAddressesOptions): Promise<Listening> {
  const { plugin, port, addresses, server: settings = {}, idleMs, graceMs = 0, clock, log } = options
  const servers: Server[] = []
  const retries = new Map<string, () => void>()
  let closed = false

  const open = async (address: string, at: number): Promise<number> => {
    const server = createServer(settings, handler)
    if (idleMs !== undefined) server.timeout = idleMs
    try {
      const bound = await bind(server, address, at)
      if (closed) server.close()
      else servers.push(server)
      return bound
    } catch (error) {
      if (codeOf(error) !== 'EADDRINUSE') throw error
      const message = `port ${at} on ${address} is taken by another program; stop it, or set plugins.${plugin}.port to a free port`
      throw Object.assign(new Error(message), { code: 'EADDRINUSE' })
    }
  }
  const [first = '127.0.0.1', ...more] = addresses
  const bound = await open(first, port)
  const openLater = async (address: string): Promise<void> => {
    retries.delete(address)
    if (closed) return
    try {
      await open(address, bound)
    } catch (error) {
      const isNotThereYet = codeOf(error) === 'EADDRNOTAVAIL'
      if (isNotThereYet)
        retries.set(
          address,
          clock.after(retryMs, () => void openLater(address)),
        )
      else log.warn({ err: error, address, plugin }, 'cannot listen on a further address')
    }
  }
  await Promise.all(more.map(openLater))

  const end = (server: Server) =>
    new Promise<void>(resolve => {
      const cancel = clock.after(graceMs, () => server.closeAllConnections())
      server.close(() => {
        cancel()
        resolve()
      })
      server.closeIdleConnections()
    })
  return {
    port: bound,
    async close() {
      closed = true
      for (const cancel of retries.values()) cancel()
      await Promise.all(servers.map(end))
    },
  }
}

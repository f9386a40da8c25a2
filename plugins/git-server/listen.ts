/** Listening on several addresses with one port. One that this machine does not have yet (the bridge of the pods' network) is waited for. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock, Log } from '@slipway/core/observe'

export interface ListenOptions {
  port: number
  /** The first must be there; it fixes the port where that is 0. */
  addresses: readonly string[]
  clock: Clock
  log: Log
}
export interface Listening {
  readonly port: number
  /** Takes no more requests; those under way are cut off. */
  close(): Promise<void>
}

const bind = (server: Server, address: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })
const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code

/** @throws Error saying which port is taken */
export async function listen(handler: RequestListener, { port, addresses, clock, log }: ListenOptions): Promise<Listening> {
  const servers: Server[] = []
  const retries = new Map<string, () => void>()
  let closed = false
  const open = async (address: string, at: number): Promise<number> => {
    // A push may take as long as its pack needs; only its headers may not.
    const server = createServer({ requestTimeout: 0, headersTimeout: 30_000, keepAliveTimeout: 5000 }, handler)
    try {
      const bound = await bind(server, address, at)
      if (closed) server.close()
      else servers.push(server)
      return bound
    } catch (error) {
      if (codeOf(error) === 'EADDRINUSE')
        throw Object.assign(
          new Error(
            `port ${at} on ${address} is taken by another program; stop it, or set plugins.git-server.port to a free port`,
          ),
          { code: 'EADDRINUSE' },
        )
      throw error
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
      if (codeOf(error) === 'EADDRNOTAVAIL')
        retries.set(
          address,
          clock.after(1000, () => void openLater(address)),
        )
      else log.warn({ err: error, address }, 'the git server cannot listen on a further address')
    }
  }
  await Promise.all(more.map(openLater))
  return {
    port: bound,
    async close() {
      closed = true
      for (const cancel of retries.values()) cancel()
      await Promise.all(
        servers.map(server => {
          const ended = new Promise<void>(resolve => server.close(() => resolve()))
          server.closeAllConnections()
          return ended
        }),
      )
    },
  }
}

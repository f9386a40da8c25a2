/** Listening on several addresses with one port, some of which may come up later (the bridge of the pods' network is made by the node). */

import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Clock, Log } from '@slipway/core/observe'

export interface Listening {
  port: number
  /** Stops taking requests; those under way get a moment to end. */
  close(): Promise<void>
}

const retryMs = 1000
const graceMs = 2000

const bind = (server: Server, address: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, address, () => {
      server.off('error', reject)
      resolve((server.address() as AddressInfo).port)
    })
  })

/**
 * Binds the first address at once; further ones that this machine does not have yet are tried again every second.
 * @throws Error naming the port, when it is taken
 */
export async function listen(
  handler: RequestListener,
  { port, addresses, clock, log }: { port: number; addresses: readonly string[]; clock: Clock; log: Log },
): Promise<Listening> {
  const servers: Server[] = []
  const waiting = new Set<() => void>()
  const open = async (address: string, at: number): Promise<number> => {
    // Uploads of large layers over slow links take as long as they take; an idle client is cut off by the socket's timeout.
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 30_000 }, handler)
    server.timeout = 120_000
    try {
      const bound = await bind(server, address, at)
      servers.push(server)
      return bound
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EADDRINUSE')
        throw new Error(
          `port ${at} on ${address} is taken by another program; stop it, or set plugins.registry.port to a free port`,
        )
      throw error
    }
  }
  const [first = '127.0.0.1', ...more] = addresses
  const bound = await open(first, port)
  const later = async (address: string): Promise<void> => {
    try {
      await open(address, bound)
      log.debug({ address, port: bound }, 'registry listens on a further address')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRNOTAVAIL')
        return log.error({ err: error, address }, 'registry cannot listen')
      const cancel = clock.after(retryMs, () => {
        waiting.delete(cancel)
        void later(address)
      })
      waiting.add(cancel)
    }
  }
  await Promise.all(more.map(later))
  return {
    port: bound,
    async close() {
      for (const cancel of waiting) cancel()
      await Promise.all(
        servers.map(
          server =>
            new Promise<void>(resolve => {
              const cancel = clock.after(graceMs, () => server.closeAllConnections())
              server.close(() => {
                cancel()
                resolve()
              })
              server.closeIdleConnections()
            }),
        ),
      )
    },
  }
}

/** Where namespaces cannot be made, pods share the machine's network: each container port gets a free port of the machine. */
import { createServer } from 'node:net'
import type { PodNetwork } from './pod-network.ts'

export const hostNetwork = (address: string): PodNetwork => ({
  mode: 'host',
  hostAddress: '127.0.0.1',
  cidr: undefined,
  acquire: async () => ({ mode: 'host', ip: address }),
  release: async () => {},
  exists: async () => true,
  adopt: async () => {},
  close: async () => {},
  destroy: async () => {},
})

/** A port that nobody listens on at this moment. */
export const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })

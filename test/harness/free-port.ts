/** A TCP port of the loopback address that nothing listened on a moment ago. */
import { createServer } from 'node:net'

const given = new Set<number>()

/** Never gives the same port twice in this process, so that servers started together do not meet. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await new Promise<number>((resolve, reject) => {
      const server = createServer()
      server.on('error', reject)
      server.listen(0, '127.0.0.1', () => {
        const { port } = server.address() as { port: number }
        server.close(() => resolve(port))
      })
    })
    if (given.has(port)) continue
    given.add(port)
    return port
  }
}

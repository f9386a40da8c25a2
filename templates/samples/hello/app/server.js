// A web server with no dependencies. Slipway tells it the port, and which revision it is.
import { createServer } from 'node:http'

const message = 'Hello from push 1'

const server = createServer((request, response) => {
  response.setHeader('content-type', 'text/plain; charset=utf-8')
  response.end(`${message} (${process.env.K_REVISION ?? 'no revision'})\n`)
})
server.listen(process.env.PORT ?? 8080)

// Ends at once when it is told to; requests that run are finished first.
process.on('SIGTERM', () => server.close(() => process.exit(0)))

/** A trivial app: the floor that proxies are measured against. `data-plane.app.ts PORT` */
import { createServer } from 'node:http'

const body = 'hello world\n'
createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length })
  response.end(body)
}).listen(Number(process.argv[2]), '127.0.0.1')

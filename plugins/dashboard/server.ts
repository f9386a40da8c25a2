/** Serves the overview to whoever has the token: in the address once, in a cookie from then on. */
import { timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Log } from '@slipway/core/observe'

const cookieName = 'slipway-dashboard'

export interface DashboardOptions {
  host: string
  port: number
  token: string
  /** @returns the page */
  page(): Promise<string>
  log: Log
}

const same = (given: string, token: string): boolean => {
  const a = Buffer.from(given)
  const b = Buffer.from(token)
  return a.length === b.length && timingSafeEqual(a, b)
}
const cookieOf = (request: IncomingMessage): string =>
  new RegExp(`(?:^|; *)${cookieName}=([^;]*)`).exec(request.headers.cookie ?? '')?.[1] ?? ''

const headers = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

async function answer(request: IncomingMessage, response: ServerResponse, { token, page, log }: DashboardOptions): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://dashboard')
  if (request.method !== 'GET' || url.pathname !== '/') return void response.writeHead(404, headers).end('not found')
  const given = url.searchParams.get('token')
  if (given !== null && same(given, token)) {
    // Out of the address bar, and so out of histories and screenshots.
    const cookie = `${cookieName}=${token}; HttpOnly; SameSite=Strict; Path=/`
    return void response.writeHead(303, { location: '/', 'set-cookie': cookie, 'cache-control': 'no-store' }).end()
  }
  if (!same(cookieOf(request), token))
    return void response.writeHead(401, headers).end('open the address that "slipway start" prints: it has the token')
  try {
    response.writeHead(200, headers).end(await page())
  } catch (error) {
    log.warn({ err: error }, 'the dashboard could not read the API server')
    if (!response.headersSent) response.writeHead(503, headers)
    response.end('the API server does not answer now; try again in a moment')
  }
}

/** @throws Error saying which port is taken */
export async function dashboardServer(options: DashboardOptions): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => void answer(request, response, options))
  await new Promise<void>((resolve, reject) => {
    server.once('error', error => {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      reject(
        isTaken
          ? new Error(`port ${options.port} is taken by another program; stop it, or set plugins.dashboard.port to a free port`)
          : error,
      )
    })
    server.listen(options.port, options.host, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

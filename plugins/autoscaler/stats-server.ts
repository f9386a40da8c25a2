/** Takes in what the data plane measured: POST of a JSON array of Stats. */
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Stat } from '@slipway/core/http'

export interface StatsServer {
  readonly url: string
  readonly port: number
  close(): Promise<void>
}
const maxBytes = 4 * 1024 * 1024

export async function statsServer(host: string, port: number, take: (stats: Stat[]) => void): Promise<StatsServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, text: string) => response.writeHead(status, { 'content-type': 'text/plain' }).end(text)
    if (request.method !== 'POST') return void answer(405, 'POST an array of stats\n')
    read(request)
      .then(text => {
        const stats = parseStats(text)
        if (typeof stats === 'string') return answer(400, `${stats}\n`)
        take(stats)
        return answer(202, '')
      })
      .catch(() => answer(413, `more than ${maxBytes} bytes\n`))
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host}:${taken}/stats`,
    port: taken,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBytes) throw new Error('too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}

const figures = [
  'time',
  'averageConcurrency',
  'requestCount',
  'errorCount',
  'averageProxiedConcurrency',
  'proxiedRequestCount',
] as const

/** @returns the stats, or what is wrong with them */
export function parseStats(text: string): Stat[] | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'the body is not JSON'
  }
  if (!Array.isArray(value)) return 'the body is not an array'
  for (const [i, stat] of (value as Stat[]).entries()) {
    if (typeof stat?.revision !== 'string' || typeof stat.reporter !== 'string')
      return `[${i}]: revision and reporter must be strings`
    for (const name of figures)
      if (!Number.isFinite(stat[name]) || stat[name] < 0) return `[${i}].${name}: must be a number, not below zero`
  }
  return value as Stat[]
}

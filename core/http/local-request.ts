/** Requests by host name through a gateway on this machine, as a browser would make them: for the tour and for tests, not for the data plane. */
import { Agent, request as httpRequest } from 'node:http'

export interface LocalAnswer {
  status: number
  text: string
  headers: NodeJS.Dict<string | string[]>
}

export interface LocalRequestOptions {
  method?: string
  headers?: Record<string, string>
  body?: string
  agent?: Agent
  timeoutMs?: number
}

/** A `*.localhost` name is this machine, whatever the resolver thinks of it (RFC 6761, section 6.3). */
export function localRequest(
  url: string,
  { method = 'GET', headers = {}, body, agent, timeoutMs = 30_000 }: LocalRequestOptions = {},
): Promise<LocalAnswer> {
  const { hostname, port, host, pathname, search } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        method,
        host: hostname.endsWith('localhost') ? '127.0.0.1' : hostname,
        port: port || 80,
        path: pathname + search,
        headers: { host, ...headers },
        ...(agent && { agent }),
      },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }))
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer from ${url} in ${timeoutMs} ms`)))
    sent.end(body)
  })
}

/** How many of `count` requests, eight at a time, each text answered. @throws Error at any answer that is not a 200 */
export async function countAnswers(url: string, count: number, key: (text: string) => string): Promise<Map<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const counts = new Map<string, number>()
  let left = count
  const one = async () => {
    while (left-- > 0) {
      const { status, text } = await localRequest(url, { agent })
      if (status !== 200) throw new Error(`${url} answered ${status}: ${text.slice(0, 200)}`)
      const name = key(text)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
  }
  try {
    await Promise.all(Array.from({ length: 8 }, one))
  } finally {
    agent.destroy()
  }
  return counts
}

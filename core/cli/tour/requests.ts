/** Requests that the tour makes, as a browser would: by host name, through the gateway. */
import { Agent, request } from 'node:http'

export interface Answer {
  status: number
  text: string
}

/** GET of a `*.localhost` URL, which is this machine whatever the resolver thinks of it (RFC 6761, section 6.3). */
export function get(url: string, agent?: Agent): Promise<Answer> {
  const { hostname, port, host, pathname } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        host: hostname.endsWith('localhost') ? '127.0.0.1' : hostname,
        port: port || 80,
        path: pathname,
        headers: { host },
        ...(agent && { agent }),
      },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', chunk => {
          text += chunk
        })
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.setTimeout(30_000, () => sent.destroy(new Error(`no answer from ${url} in 30 s`)))
    sent.end()
  })
}

/** How many of `count` requests, a few at a time, each text answered. @throws Error at any answer that is not a 200 */
export async function countAnswers(url: string, count: number, key: (text: string) => string): Promise<Map<string, number>> {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  const counts = new Map<string, number>()
  let left = count
  const one = async () => {
    while (left-- > 0) {
      const { status, text } = await get(url, agent)
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

/** One HTTP call to a server under test, as close to the wire as a client gets: status, a few headers, the body's text. */
import { type IncomingMessage, Agent as PlainAgent, request as plainRequest } from 'node:http'
import { Agent, request } from 'node:https'

/** How to reach a server; `ApiConnection` has this form. */
export interface Target {
  url: string
  socketPath?: string
  ca?: string
  token?: string
  clientCert?: string
  clientKey?: string
}
export interface RawAnswer {
  status: number
  type: string
  warnings: string[]
  text: string
}
export interface Outgoing {
  method: string
  path: string
  headers: Record<string, string>
  text?: string
}

/** A server that does not answer within this time counts as failed, and the suite goes on. */
const patienceMs = 15_000

export interface Connection {
  call(outgoing: Outgoing): Promise<RawAnswer>
  /** The open answer of a watch. */
  open(outgoing: Outgoing, signal: AbortSignal): Promise<IncomingMessage>
  close(): void
}

export async function readText(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** `299 - "text"`, possibly several with commas between. Source: RFC 7234 section 5.5. Pure. */
export function warningTexts(header: string | undefined): string[] {
  return [...(header ?? '').matchAll(/299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text]) => text!.replace(/\\(.)/g, '$1'))
}

export function connect(target: Target): Connection {
  const { url, socketPath, ca, clientCert: cert, clientKey: key, token } = target
  const secure = url.startsWith('https:')
  const agent = secure ? new Agent({ keepAlive: true, maxSockets: 64 }) : new PlainAgent({ keepAlive: true, maxSockets: 64 })
  const send = ({ method, path, headers, text }: Outgoing, signal?: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const options = {
        method,
        agent,
        headers: {
          accept: 'application/json',
          'user-agent': 'contract/1.0',
          ...(token && { authorization: `Bearer ${token}` }),
          ...headers,
        },
        ...(secure && { ca, cert, key }),
        ...(socketPath && { socketPath }),
        ...(signal && { signal }),
      }
      const outgoing = (secure ? request : plainRequest)(url + path, options, resolve)
      outgoing.on('error', reject)
      outgoing.end(text)
    })
  return {
    async call(outgoing) {
      const message = await send(outgoing, AbortSignal.timeout(patienceMs))
      const { statusCode = 0, headers } = message
      const type = (headers['content-type'] ?? '').replace(/;\s*charset=utf-8$/i, '')
      return {
        status: statusCode,
        type,
        warnings: warningTexts(headers.warning as string | undefined),
        text: await readText(message),
      }
    },
    open: send,
    close: () => agent.destroy(),
  }
}

/** After `101 Switching Protocols` both sockets are one: bytes pass with back-pressure, and the end of either ends the other. */
import type { Socket } from 'node:net'
import { STATUS_CODES } from '../node-http.ts'

/** @param early bytes that the upstream has sent behind its answer */
export function joinTunnel(
  client: Socket,
  upstream: Socket,
  status: number,
  message: string,
  headers: string[],
  early: Buffer,
): void {
  let head = `HTTP/1.1 ${status} ${message || STATUS_CODES[status]}\r\nconnection: Upgrade\r\n`
  for (let i = 0; i < headers.length; i += 2) head += `${headers[i]}: ${headers[i + 1]}\r\n`
  client.setTimeout(0)
  client.setNoDelay(true)
  client.on('error', () => upstream.destroy())
  client.on('close', () => upstream.destroy())
  upstream.on('error', () => client.destroy())
  upstream.on('close', () => client.end())
  client.write(`${head}\r\n`, 'latin1')
  if (early.length) client.write(early)
  upstream.pipe(client)
  client.pipe(upstream)
}

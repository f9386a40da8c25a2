/** One probe of a container: http, tcp, exec or grpc. Resolves with a failure's words, or undefined for success; never rejects. */
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import type { k8s } from '@slipway/core/api'
import type { ExecOutcome } from '../runtime/container-runtime.ts'

export interface ProbeTarget {
  host: string
  /** A number, or the name of a container port. @throws Error when there is no such port */
  port(port: number | string): number
  exec(command: string[], timeoutMs: number): Promise<ExecOutcome>
}
export type ProbeHandler = Pick<k8s.Probe, 'httpGet' | 'tcpSocket' | 'exec' | 'grpc'>

const late = (timeoutMs: number) => `context deadline exceeded (no answer within ${timeoutMs / 1000}s)`

function tcp(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port })
    const end = (problem?: string) => {
      socket.destroy()
      resolve(problem)
    }
    socket.setTimeout(timeoutMs, () => end(`dial tcp ${host}:${port}: i/o timeout`))
    socket.on('connect', () => end())
    socket.on('error', error =>
      end(
        `dial tcp ${host}:${port}: ${(error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? 'connect: connection refused' : error.message}`,
      ),
    )
  })
}

const bodyKept = 10_240

/** Success is 200 to 399, as redirects are not followed to other hosts by kubelet either. */
export async function httpGet(
  get: NonNullable<ProbeHandler['httpGet']>,
  target: ProbeTarget,
  timeoutMs: number,
): Promise<string | undefined> {
  const secure = get.scheme?.toUpperCase() === 'HTTPS'
  const port = target.port(get.port as number | string)
  const host = get.host || target.host
  const request = secure ? (await import('node:https')).request : httpRequest
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.34', accept: '*/*', connection: 'close' }
  for (const { name, value } of get.httpHeaders ?? []) headers[name.toLowerCase()] = value
  const url = `${secure ? 'https' : 'http'}://${host}:${port}${get.path?.startsWith('/') ? '' : '/'}${get.path ?? ''}`
  return new Promise(resolve => {
    const sent = request(
      url,
      { headers, agent: false, timeout: timeoutMs, ...(secure && { rejectUnauthorized: false }) },
      answer => {
        const code = answer.statusCode!
        if (code >= 200 && code < 400) {
          resolve(undefined)
          sent.destroy()
          return
        }
        let body = ''
        answer.on('data', (chunk: Buffer) => {
          if (body.length < bodyKept) body += chunk
        })
        answer.on('close', () =>
          resolve(`HTTP probe failed with statuscode: ${code}${body ? ` (${body.slice(0, 200).trim()})` : ''}`),
        )
      },
    )
    const timer = setTimeout(() => sent.destroy(new Error(late(timeoutMs))), timeoutMs)
    sent.on('close', () => clearTimeout(timer))
    sent.on('error', error =>
      resolve(
        `Get "${url}": ${(error as NodeJS.ErrnoException).code === 'ECONNREFUSED' ? `dial tcp ${host}:${port}: connect: connection refused` : error.message}`,
      ),
    )
    sent.end()
  })
}

/** grpc.health.v1.Health/Check with a message of two bytes and a name; the answer's field 1 is 1 for SERVING. */
async function grpc(host: string, port: number, service: string, timeoutMs: number): Promise<string | undefined> {
  const http2 = await import('node:http2')
  return new Promise(resolve => {
    const session = http2.connect(`http://${host}:${port}`)
    const end = (problem?: string) => {
      clearTimeout(timer)
      session.destroy()
      resolve(problem)
    }
    const timer = setTimeout(
      () => end(`timeout: failed to connect service "${host}:${port}" within ${timeoutMs / 1000}s`),
      timeoutMs,
    )
    session.on('error', error => end(`failed to connect service "${host}:${port}": ${error.message}`))
    const name = Buffer.from(service)
    const message = name.length ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : Buffer.alloc(0)
    const frame = Buffer.alloc(5)
    frame.writeUInt32BE(message.length, 1)
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    })
    const chunks: Buffer[] = []
    let status = ''
    const note = (headers: Record<string, unknown>) => {
      if (headers['grpc-status'] && headers['grpc-status'] !== '0')
        status = `rpc error: code ${headers['grpc-status']}: ${headers['grpc-message'] ?? ''}`
    }
    stream.on('response', note)
    stream.on('trailers', note)
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk))
    stream.on('error', error => end(`failed to connect service "${host}:${port}": ${error.message}`))
    stream.on('end', () => {
      const answer = Buffer.concat(chunks)
      if (status) end(`error: health rpc failed: ${status}`)
      else end(answer[5] === 0x08 && answer[6] === 1 ? undefined : 'service unhealthy (responded with "NOT_SERVING")')
    })
    stream.end(Buffer.concat([frame, message]))
  })
}

async function exec(command: string[], target: ProbeTarget, timeoutMs: number): Promise<string | undefined> {
  const { code, output } = await target.exec(command, timeoutMs)
  if (code === 0) return undefined
  if (code === undefined) return `command timed out: ${JSON.stringify(command)} timed out after ${timeoutMs / 1000}s`
  return output.trim() || `command ${JSON.stringify(command)} exited with ${code}`
}

export async function checkProbe(handler: ProbeHandler, target: ProbeTarget, timeoutMs: number): Promise<string | undefined> {
  try {
    if (handler.httpGet) return await httpGet(handler.httpGet, target, timeoutMs)
    if (handler.tcpSocket)
      return await tcp(handler.tcpSocket.host || target.host, target.port(handler.tcpSocket.port as number | string), timeoutMs)
    if (handler.grpc) return await grpc(target.host, target.port(handler.grpc.port), handler.grpc.service ?? '', timeoutMs)
    if (handler.exec) return await exec(handler.exec.command ?? [], target, timeoutMs)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

/** Reads a request's body, up to Kubernetes' own limit. */
import type { IncomingMessage } from 'node:http'
import { StatusError } from '@slipway/core/api'

/** Source: k8s.io/apiserver pkg/server/config.go, MaxRequestBodyBytes */
export const maxBodyBytes = 3 * 1024 * 1024

const tooLarge = () => new StatusError(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${maxBodyBytes}`)

/** @throws StatusError 413; the rest of the body is then read and thrown away */
export function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length']) > maxBodyBytes) {
    request.resume()
    return Promise.reject(tooLarge())
  }
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let size = 0
    request.on('data', (chunk: Buffer) => {
      size += chunk.length
      if (size <= maxBodyBytes) chunks.push(chunk)
      else reject(tooLarge())
    })
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)))
    request.on('error', reject)
    request.on('close', () => {
      if (!request.complete) reject(new StatusError(400, 'BadRequest', 'the request was cut off before its end'))
    })
  })
}

/** Sends a request's body on: back-pressure both ways, chunked where its length is unknown, trailers kept. */
import type { Socket } from 'node:net'
import type { Exchange } from '../exchange.ts'
import { endsHereInRequest } from '../hop-by-hop.ts'

export interface BodySending {
  /** True once all of it was handed to the socket. */
  readonly done: boolean
  /** Stops reading from the client. */
  detach(): void
}

export function sendBody(exchange: Exchange, socket: Socket): BodySending {
  const body = exchange.body!
  const { stream } = body
  const chunked = body.length === undefined
  let done = false
  const resume = () => void stream.resume()
  const onData = (chunk: Buffer) => {
    exchange.bodyTaken = true
    let flowing: boolean
    if (chunked) {
      socket.cork()
      socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1')
      socket.write(chunk)
      flowing = socket.write('\r\n', 'latin1')
      socket.uncork()
    } else flowing = socket.write(chunk)
    if (!flowing) {
      stream.pause()
      socket.once('drain', resume)
    }
  }
  const onEnd = () => {
    done = true
    if (!chunked) return
    const trailers = body.trailers()
    let text = '0\r\n'
    for (let i = 0; i < trailers.length; i += 2)
      if (!endsHereInRequest(trailers[i]!) && trailers[i]!.toLowerCase() !== 'content-length')
        text += `${trailers[i]}: ${trailers[i + 1]}\r\n`
    socket.write(`${text}\r\n`, 'latin1')
  }
  stream.on('data', onData)
  stream.once('end', onEnd)
  return {
    get done() {
      return done
    },
    detach() {
      stream.off('data', onData)
      stream.off('end', onEnd)
      socket.off('drain', resume)
    },
  }
}

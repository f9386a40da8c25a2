/** One exchange as a stream of an HTTP/2 session to an upstream. */
import { type ClientHttp2Session, type ClientHttp2Stream, constants } from 'node:http2'
import type { Exchange } from '../exchange.ts'
import { badResponse, connectFailed, upstreamReset } from '../failure.ts'
import { type ForwardedOptions, requestHeaders } from '../request-headers.ts'
import { headerObject, rawWithoutPseudo } from './header-object.ts'

const empty = Buffer.alloc(0)

/** @param released called once, when the stream no longer counts against the session's limit */
export function sendStream(
  exchange: Exchange,
  session: ClientHttp2Session,
  where: string,
  options: ForwardedOptions,
  released: () => void,
): void {
  const { body } = exchange
  let stream: ClientHttp2Stream
  try {
    stream = session.request(
      {
        ...headerObject(requestHeaders(exchange, options)),
        ':method': exchange.method,
        ':path': exchange.url,
        ':scheme': 'http',
        ':authority': exchange.upstreamHost ?? exchange.host,
      },
      { endStream: !body, waitForTrailers: body !== undefined },
    )
  } catch (error) {
    released()
    exchange.fail(upstreamReset(where, error instanceof Error ? error.message : String(error), true))
    return
  }
  let trailers: string[] | undefined
  let over = false
  const wasConnected = !session.connecting
  const finish = () => {
    over = true
    detach()
  }
  const detach = body ? pumpBody(exchange, stream, () => over) : () => {}

  exchange.cancel = () => {
    finish()
    stream.close(constants.NGHTTP2_CANCEL)
  }
  stream.on('continue', () => exchange.inform(100, []))
  stream.on('headers', headers => exchange.inform(Number(headers[':status']), []))
  stream.on('response', (headers, flags, raw) => {
    const status = Number(headers[':status'])
    if (!(status >= 200 && status <= 599)) {
      finish()
      stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
      return exchange.fail(badResponse(where, `status "${headers[':status']}"`))
    }
    // Headers alone: gRPC's "Trailers-Only" answer must stay one block.
    if (flags & constants.NGHTTP2_FLAG_END_STREAM) {
      finish()
      exchange.respond(status, '', rawWithoutPseudo(raw), empty)
    } else exchange.start(status, '', rawWithoutPseudo(raw))
  })
  stream.on('trailers', (_headers, _flags, raw) => {
    trailers = raw
  })
  stream.on('data', (chunk: Buffer) => {
    if (over || exchange.write(chunk)) return
    stream.pause()
    exchange.onDrain(() => stream.resume())
  })
  stream.on('end', () => {
    if (over || !exchange.started || stream.rstCode) return
    finish()
    exchange.end(trailers)
  })
  stream.on('error', (error: NodeJS.ErrnoException) => lost(error))
  stream.on('close', () => {
    released()
    lost(new Error(`stream closed with code ${stream.rstCode}`))
  })

  const lost = (error: NodeJS.ErrnoException) => {
    if (over) return
    finish()
    const refused = stream.rstCode === constants.NGHTTP2_REFUSED_STREAM
    const why = error.code ?? error.message
    if (!wasConnected && session.connecting) exchange.fail(connectFailed(where, why))
    else exchange.fail(upstreamReset(where, why, refused))
  }
}

/** Sends the body on once the session is connected, so that until then another endpoint can still be tried. @returns how to stop */
function pumpBody(exchange: Exchange, upstream: ClientHttp2Stream, over: () => boolean): () => void {
  const body = exchange.body!
  const { stream } = body
  const onData = (chunk: Buffer) => {
    exchange.bodyTaken = true
    if (over() || upstream.destroyed || upstream.write(chunk)) return
    stream.pause()
    upstream.once('drain', () => stream.resume())
  }
  const onEnd = () => void upstream.end()
  const begin = () => {
    if (over()) return
    stream.on('data', onData)
    stream.once('end', onEnd)
  }
  upstream.once('wantTrailers', () => {
    if (!upstream.destroyed) upstream.sendTrailers(headerObject(body.trailers()))
  })
  if (upstream.pending) upstream.once('ready', begin)
  else begin()
  return () => {
    stream.off('data', onData)
    stream.off('end', onEnd)
  }
}

/**
 * Reads HTTP/1.1 answers of an upstream (RFC 9112). Strict where leniency lets two parsers disagree: bare CR or LF, folded lines,
 * a Content-Length that is doubled, not a number or beside Transfer-Encoding, and codings other than chunked are errors.
 * It never buffers a body. Why an own one: docs/decisions/007-http-exchange.md.
 */
import { connectionTokens, endsHereInResponse } from '../hop-by-hop.ts'

export interface ResponseEvents {
  /** 1xx other than 101. */
  onInform(status: number, headers: string[]): void
  /** 101: `rest` are the first bytes of the tunnel; the parser is done. */
  onSwitch(status: number, message: string, headers: string[], rest: Buffer): void
  /** The whole answer came in one piece. */
  onWhole(status: number, message: string, headers: string[], body: Buffer): void
  onStart(status: number, message: string, headers: string[]): void
  onData(chunk: Buffer): void
  onEnd(trailers: string[] | undefined): void
}

export class ResponseProtocolError extends Error {}

export const maxHeadBytes = 64 * 1024
const maxLineBytes = 256
const empty: Buffer = Buffer.alloc(0)
const field = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+:[\\t\\x20-\\x7e\\x80-\\xff]*\\r\\n"
const fields = new RegExp(`^(?:${field})*$`)
const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/
const chunkSize = /^([0-9a-fA-F]{1,12})[\t ]*(?:;[\t\x20-\x7e\x80-\xff]*)?$/

type State = 'head' | 'length' | 'close' | 'chunk-size' | 'chunk-data' | 'chunk-end' | 'trailers' | 'done'

export class ResponseParser {
  /** May the connection be used again after this answer? */
  keepAlive = false
  /** Milliseconds from the upstream's `Keep-Alive: timeout=`. */
  keepAliveMs: number | undefined
  /** True while an answer is begun and not ended. */
  receiving = false

  readonly #events: ResponseEvents
  #state: State = 'done'
  #kept = empty
  #left = 0
  #head = false

  constructor(events: ResponseEvents) {
    this.#events = events
  }

  /** Before each request. @param head the request was HEAD, so the answer has no body */
  expect(head: boolean): void {
    this.#state = 'head'
    this.#head = head
    this.#kept = empty
    this.receiving = false
    this.keepAliveMs = undefined
  }
  get done(): boolean {
    return this.#state === 'done'
  }

  /** The upstream closed its side. @returns true when that is a proper end of the answer */
  finish(): boolean {
    if (this.#state !== 'close') return false
    this.#state = 'done'
    this.receiving = false
    this.#events.onEnd(undefined)
    return true
  }

  /** @returns bytes that follow the answer; there should be none. @throws ResponseProtocolError */
  execute(data: Buffer): Buffer {
    let chunk = data
    while (chunk.length > 0) {
      switch (this.#state) {
        case 'head':
        case 'trailers': {
          const rest = this.#takeHead(chunk)
          if (!rest) return empty
          chunk = rest
          break
        }
        case 'length': {
          if (chunk.length < this.#left) {
            this.#left -= chunk.length
            this.#events.onData(chunk)
            return empty
          }
          const last = chunk.length === this.#left ? chunk : chunk.subarray(0, this.#left)
          chunk = chunk.subarray(this.#left)
          this.#events.onData(last)
          this.#done(undefined, chunk)
          break
        }
        case 'close':
          this.#events.onData(chunk)
          return empty
        case 'chunk-size':
        case 'chunk-end': {
          const rest = this.#takeLine(chunk)
          if (!rest) return empty
          chunk = rest
          break
        }
        case 'chunk-data': {
          const size = Math.min(this.#left, chunk.length)
          this.#left -= size
          if (this.#left === 0) this.#state = 'chunk-end'
          const piece = chunk.subarray(0, size)
          chunk = chunk.subarray(size)
          this.#events.onData(piece)
          break
        }
        case 'done':
          return chunk
      }
    }
    return empty
  }

  /** @param rest what follows: nothing was asked, so such a connection is not used again */
  #done(trailers: string[] | undefined, rest: Buffer): void {
    this.#state = 'done'
    this.receiving = false
    if (rest.length) this.keepAlive = false
    this.#events.onEnd(trailers)
  }

  /** The bytes after the line, or undefined until it is whole. */
  #takeLine(chunk: Buffer): Buffer | undefined {
    const data = this.#kept.length ? Buffer.concat([this.#kept, chunk]) : chunk
    const end = data.indexOf(10)
    if (end < 0) {
      if (data.length > maxLineBytes) throw new ResponseProtocolError('a chunk size line is too long')
      this.#kept = data
      return undefined
    }
    this.#kept = empty
    if (data[end - 1] !== 13) throw new ResponseProtocolError('a chunk size line ends in a bare LF')
    const line = data.toString('latin1', 0, end - 1)
    if (this.#state === 'chunk-end') {
      if (line !== '') throw new ResponseProtocolError('a chunk is longer than its size')
      this.#state = 'chunk-size'
    } else {
      const match = chunkSize.exec(line)
      if (!match) throw new ResponseProtocolError('a chunk size is not a number')
      this.#left = Number.parseInt(match[1]!, 16)
      this.#state = this.#left ? 'chunk-data' : 'trailers'
    }
    return data.subarray(end + 1)
  }

  #takeHead(chunk: Buffer): Buffer | undefined {
    const data = this.#kept.length ? Buffer.concat([this.#kept, chunk]) : chunk
    if (this.#state === 'trailers' && data[0] === 13 && data[1] === 10) {
      this.#kept = empty
      this.#done(undefined, data.subarray(2))
      return data.subarray(2)
    }
    const end = data.indexOf('\r\n\r\n')
    if (end < 0 || end > maxHeadBytes) {
      if (data.length > maxHeadBytes) throw new ResponseProtocolError(`its headers are larger than ${maxHeadBytes} bytes`)
      if (hasBareLf(data)) throw new ResponseProtocolError('a line ends in a bare LF')
      this.#kept = data
      return undefined
    }
    this.#kept = empty
    const text = data.toString('latin1', 0, end + 2)
    const rest = data.subarray(end + 4)
    if (this.#state === 'trailers') {
      if (!fields.test(text)) throw new ResponseProtocolError('a trailer is malformed')
      const trailers: string[] = []
      eachField(text, 0, (name, value) => void trailers.push(name, value))
      this.#done(trailers, rest)
      return rest
    }
    return this.#readHead(text, rest)
  }

  #readHead(text: string, rest: Buffer): Buffer {
    const lineEnd = text.indexOf('\r\n')
    const line = statusLine.exec(text.slice(0, lineEnd))
    if (!line) throw new ResponseProtocolError('the status line is malformed')
    const fieldText = text.slice(lineEnd + 2)
    if (!fields.test(fieldText)) throw new ResponseProtocolError('a header is malformed')
    const status = Number(line[2])
    const message = line[3] ?? ''
    this.keepAlive = line[1] === '1'
    const headers: string[] = []
    let length = -1
    let chunked = false
    let cut: string[] | undefined
    eachField(fieldText, 0, (name, value) => {
      if (endsHereInResponse(name)) {
        const lower = name.toLowerCase()
        if (lower === 'connection') {
          if (/\bclose\b/i.test(value)) this.keepAlive = false
          else if (/\bkeep-alive\b/i.test(value)) this.keepAlive = true
          cut = connectionTokens(value) ?? cut
        } else if (lower === 'transfer-encoding') {
          if (chunked || value.toLowerCase() !== 'chunked') throw new ResponseProtocolError(`transfer-encoding "${value}"`)
          chunked = true
        } else if (lower === 'keep-alive') {
          const timeout = /timeout=(\d{1,6})/.exec(value)
          if (timeout) this.keepAliveMs = Number(timeout[1]) * 1000
        } else if (lower === 'upgrade' && status === 101) headers.push(name, value)
        return
      }
      if (name.length === 14 && name.toLowerCase() === 'content-length') {
        if (length >= 0) throw new ResponseProtocolError('it has more than one content-length')
        if (!/^\d{1,15}$/.test(value)) throw new ResponseProtocolError(`content-length "${value}"`)
        length = Number(value)
      }
      headers.push(name, value)
    })
    if (chunked && length >= 0) throw new ResponseProtocolError('it has both content-length and transfer-encoding')
    if (cut) dropNamed(headers, cut)
    if (status < 200) return this.#informational(status, message, headers, rest)

    if (this.#head || status === 204 || status === 304) {
      return this.#whole(status, message, headers, empty, rest)
    }
    if (length >= 0 && rest.length === length) return this.#whole(status, message, headers, rest, empty)
    if (length >= 0 && rest.length > length)
      return this.#whole(status, message, headers, rest.subarray(0, length), rest.subarray(length))
    this.receiving = true
    if (length >= 0) {
      this.#state = 'length'
      this.#left = length
    } else if (chunked) this.#state = 'chunk-size'
    else {
      this.#state = 'close'
      this.keepAlive = false
    }
    this.#events.onStart(status, message, headers)
    return rest
  }

  #whole(status: number, message: string, headers: string[], body: Buffer, rest: Buffer): Buffer {
    this.#state = 'done'
    if (rest.length) this.keepAlive = false
    this.#events.onWhole(status, message, headers, body)
    return rest
  }

  #informational(status: number, message: string, headers: string[], rest: Buffer): Buffer {
    if (status !== 101) {
      this.#events.onInform(status, headers)
      return rest
    }
    this.#state = 'done'
    this.keepAlive = false
    this.#events.onSwitch(status, message, headers, rest)
    return empty
  }
}

function dropNamed(pairs: string[], lowerNames: string[]): void {
  for (let i = pairs.length - 2; i >= 0; i -= 2) {
    const lower = pairs[i]!.toLowerCase()
    if (lowerNames.includes(lower) && lower !== 'content-length') pairs.splice(i, 2)
  }
}

/** Of text that `fields` has accepted. */
function eachField(text: string, from: number, visit: (name: string, value: string) => void): void {
  let at = from
  while (at < text.length) {
    const end = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    let start = colon + 1
    let stop = end
    while (start < stop && isBlank(text.charCodeAt(start))) start++
    while (stop > start && isBlank(text.charCodeAt(stop - 1))) stop--
    visit(text.slice(at, colon), text.slice(start, stop))
    at = end + 2
  }
}
/** Looked for while a head is incomplete: with such line ends it would never become complete. */
function hasBareLf(data: Buffer): boolean {
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) if (data[at - 1] !== 13) return true
  return false
}
const isBlank = (code: number): boolean => code === 32 || code === 9

/** The HTTP/2 sessions to one endpoint, by prior knowledge (RFC 9113 §3.3). A further session is opened when the first is full. */
import { type ClientHttp2Session, connect } from 'node:http2'
import type { Exchange } from '../exchange.ts'
import { connectTimeout } from '../failure.ts'
import type { PoolOptions } from '../h1/pool.ts'
import { type Endpoint, endpointText } from '../hop.ts'
import { sendStream } from './upstream-stream.ts'

const idleMs = 60_000
const assumedStreams = 100

interface Slot {
  readonly session: ClientHttp2Session
  streams: number
}

export class H2Pool {
  readonly endpoint: Endpoint
  readonly options: PoolOptions
  readonly #onEmpty: (pool: H2Pool) => void
  readonly #slots: Slot[] = []

  constructor(endpoint: Endpoint, options: PoolOptions, onEmpty: (pool: H2Pool) => void) {
    this.endpoint = endpoint
    this.options = options
    this.#onEmpty = onEmpty
  }

  send(exchange: Exchange): void {
    const slot = this.#slots.find(hasRoom) ?? this.#open()
    slot.streams++
    sendStream(exchange, slot.session, endpointText(this.endpoint), this.options, () => void slot.streams--)
  }
  retire(): void {
    for (const { session } of this.#slots.splice(0)) session.close()
  }

  #open(): Slot {
    const where = endpointText(this.endpoint)
    const session = connect(`http://${where}`)
    const slot: Slot = { session, streams: 0 }
    const { clock, connectTimeoutMs } = this.options
    const cancel = clock.after(connectTimeoutMs, () =>
      session.destroy(new Error(connectTimeout(where, connectTimeoutMs).message)),
    )
    session.once('connect', cancel)
    session.on('goaway', () => this.#drop(slot))
    // Streams report what befell them; an error without streams has nobody to tell.
    session.on('error', () => this.#drop(slot))
    session.on('close', () => {
      cancel()
      this.#drop(slot)
    })
    session.setTimeout(idleMs, () => {
      if (slot.streams === 0) session.close()
    })
    this.#slots.push(slot)
    return slot
  }
  #drop(slot: Slot): void {
    const at = this.#slots.indexOf(slot)
    if (at >= 0) this.#slots.splice(at, 1)
    if (this.#slots.length === 0) this.#onEmpty(this)
  }
}

const hasRoom = ({ session, streams }: Slot): boolean =>
  !session.closed && !session.destroyed && streams < (session.remoteSettings?.maxConcurrentStreams ?? assumedStreams)

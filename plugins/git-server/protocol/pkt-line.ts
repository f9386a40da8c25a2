/** pkt-lines, the frames of git's protocol. Source: git's Documentation/gitprotocol-common.adoc (pkt-line format). */

/** `data` has a payload; the others are the special lengths 0000, 0001 and 0002. */
export type Packet = { type: 'data'; payload: Buffer } | { type: 'flush' } | { type: 'delim' } | { type: 'response-end' }

/** The longest packet, its length included; so the payload holds 65,516 bytes. */
export const longestPacket = 65_520
export const longestPayload = longestPacket - 4

export const flushPacket = Buffer.from('0000')

/** @throws RangeError when the payload is longer than a packet may be */
export function encodePacket(payload: Buffer | string): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload
  if (body.length > longestPayload) throw new RangeError(`a pkt-line holds ${longestPayload} bytes, not ${body.length}`)
  return Buffer.concat([Buffer.from((body.length + 4).toString(16).padStart(4, '0')), body])
}

export class ProtocolError extends Error {
  readonly reason = 'BadPacket'
}

const specials = ['flush', 'delim', 'response-end'] as const

/** Cuts a stream of bytes, which comes in pieces of any size, into packets. */
export class PacketReader {
  #pending: Buffer = Buffer.alloc(0)

  /** @returns the packets that are complete now. @throws ProtocolError when the bytes are no pkt-lines */
  push(chunk: Buffer): Packet[] {
    this.#pending = this.#pending.length ? Buffer.concat([this.#pending, chunk]) : chunk
    const packets: Packet[] = []
    for (let packet = this.next(); packet; packet = this.next()) packets.push(packet)
    return packets
  }

  /** Takes in bytes without reading packets yet; see `next`. */
  append(chunk: Buffer): void {
    this.#pending = this.#pending.length ? Buffer.concat([this.#pending, chunk]) : chunk
  }

  /** One packet, or undefined while it is not complete. */
  next(): Packet | undefined {
    if (this.#pending.length < 4) return undefined
    const head = this.#pending.toString('latin1', 0, 4)
    if (!/^[0-9a-fA-F]{4}$/.test(head)) throw new ProtocolError(`expected the length of a pkt-line, got ${JSON.stringify(head)}`)
    const length = Number.parseInt(head, 16)
    if (length === 3 || length > longestPacket) throw new ProtocolError(`a pkt-line cannot be ${length} bytes long`)
    if (length < 3) {
      this.#pending = this.#pending.subarray(4)
      return { type: specials[length]! }
    }
    if (this.#pending.length < length) return undefined
    const payload = this.#pending.subarray(4, length)
    this.#pending = this.#pending.subarray(length)
    return { type: 'data', payload }
  }

  /** Bytes that are no complete packet yet. */
  get rest(): Buffer {
    return this.#pending
  }
}

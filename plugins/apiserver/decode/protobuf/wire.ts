/** Reads protobuf's wire format. Source: https://protobuf.dev/programming-guides/encoding/ */
export type WireValue = bigint | Uint8Array
export interface WireField {
  number: number
  /** 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes. */
  wire: number
  value: WireValue
}

class Truncated extends SyntaxError {}

/** @throws SyntaxError when the bytes are not protobuf */
export function* wireFields(bytes: Uint8Array): Generator<WireField> {
  let at = 0
  const varint = (): bigint => {
    let result = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++]
      if (byte === undefined) break
      result |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, result)
    }
    throw new Truncated('proto: illegal wire format: a varint does not end')
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) throw new Truncated('proto: unexpected EOF')
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const wire = tag & 7
    const number = tag >>> 3
    if (number === 0) throw new SyntaxError('proto: illegal tag 0')
    if (wire === 0) yield { number, wire, value: varint() }
    else if (wire === 1) yield { number, wire, value: take(8) }
    else if (wire === 2) yield { number, wire, value: take(Number(varint())) }
    else if (wire === 5) yield { number, wire, value: take(4) }
    else throw new SyntaxError(`proto: illegal wireType ${wire}`)
  }
}

/** Writes the protobuf wire format: as much of it as OpenAPI documents need. Source: https://protobuf.dev/programming-guides/encoding/ */

/** A field of a message, ready to be joined with others; empty for what has no value. */
export type Encoded = Buffer

const nothing = Buffer.alloc(0)

function varint(value: number): Buffer {
  const bytes: number[] = []
  while (value > 127) {
    bytes.push((value % 128) | 128)
    value = Math.floor(value / 128)
  }
  bytes.push(value)
  return Buffer.from(bytes)
}

const tagged = (field: number, wireType: number, body: Buffer): Encoded => Buffer.concat([varint(field * 8 + wireType), body])
const lengthDelimited = (field: number, body: Buffer): Encoded => tagged(field, 2, Buffer.concat([varint(body.length), body]))

export const text = (field: number, value: string | undefined): Encoded =>
  value ? lengthDelimited(field, Buffer.from(value)) : nothing
export const texts = (field: number, values: readonly string[] | undefined): Encoded =>
  Buffer.concat((values ?? []).map(value => lengthDelimited(field, Buffer.from(value))))
export const flag = (field: number, value: boolean | undefined): Encoded => (value ? tagged(field, 0, Buffer.from([1])) : nothing)
export const whole = (field: number, value: number | undefined): Encoded =>
  value && value > 0 ? tagged(field, 0, varint(value)) : nothing
export function double(field: number, value: number | undefined): Encoded {
  if (!value) return nothing
  const body = Buffer.alloc(8)
  body.writeDoubleLE(value)
  return tagged(field, 1, body)
}
/** An embedded message, also an empty one; nothing when `parts` is undefined. */
export const message = (field: number, parts: Encoded[] | undefined): Encoded =>
  parts ? lengthDelimited(field, Buffer.concat(parts)) : nothing

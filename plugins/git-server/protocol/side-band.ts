/** The side band: data, progress for the person, and fatal errors in one stream. Source: git's gitprotocol-pack.adoc, capabilities side-band(-64k). */
import { encodePacket, longestPayload } from './pkt-line.ts'

export const band = { data: 1, progress: 2, fatal: 3 } as const
export type Band = (typeof band)[keyof typeof band]

/** Packets of one band, as many as the payload needs; `limit` is 999 for the older side-band, else that of side-band-64k. */
export function bandPackets(which: Band, payload: Buffer | string, limit = longestPayload - 1): Buffer {
  const body = typeof payload === 'string' ? Buffer.from(payload) : payload
  const packets: Buffer[] = []
  for (let at = 0; at < body.length; at += limit)
    packets.push(encodePacket(Buffer.concat([Buffer.from([which]), body.subarray(at, at + limit)])))
  return Buffer.concat(packets)
}

/** An empty packet of data, as receive-pack itself sends to keep a connection alive (receive.keepAlive). */
export const keepAlivePacket: Buffer = encodePacket(Buffer.from([band.data]))

/** What may stand in a line for the person: no control characters that would move the cursor or forge lines. */
export const printable = (text: string): string =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is to be removed
  text.replace(/\r(?!\n)/g, '\n').replace(/[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u007f\u0080-\u009f]/g, '')

/** What receive-pack says of each ref. Source: git's gitprotocol-pack.adoc, "Report Status" (also v2, whose option lines are passed over). */
import { encodePacket, flushPacket, PacketReader } from './pkt-line.ts'

export interface PushReport {
  /** `ok`, or why the pack was not taken. */
  unpack: string
  /** Refs that were updated. */
  accepted: string[]
  rejected: { ref: string; why: string }[]
}

export function parseReport(bytes: Buffer): PushReport {
  const report: PushReport = { unpack: 'no report', accepted: [], rejected: [] }
  for (const packet of new PacketReader().push(bytes)) {
    if (packet.type !== 'data') continue
    const line = packet.payload.toString('utf8').replace(/\n$/, '')
    const [word, ref = '', ...rest] = line.split(' ')
    if (word === 'unpack') report.unpack = line.slice('unpack '.length)
    else if (word === 'ok') report.accepted.push(ref)
    else if (word === 'ng') report.rejected.push({ ref, why: rest.join(' ') })
  }
  return report
}

/** A report that refuses every ref for the same reason, as git writes it: `! [remote rejected] main -> main (reason)`. */
export const rejectingReport = (refs: string[], why: string): Buffer =>
  Buffer.concat([
    encodePacket('unpack ok\n'),
    ...refs.map(ref => encodePacket(`ng ${ref} ${why.replaceAll('\n', ' ')}\n`)),
    flushPacket,
  ])

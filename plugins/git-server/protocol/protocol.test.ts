import { expect } from 'chai'
import fc from 'fast-check'
import { encodePacket, flushPacket, longestPayload, type Packet, PacketReader, ProtocolError } from './pkt-line.ts'
import { receiveRequestParser } from './receive-request.ts'
import { parseReport, rejectingReport } from './report-status.ts'
import { band, bandPackets, printable } from './side-band.ts'

/** Cuts bytes at the given places, as a network may. */
const cut = (bytes: Buffer, places: number[]): Buffer[] => {
  const at = [...new Set([0, ...places.map(p => p % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b)
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end))
}
const places = fc.array(fc.nat(100_000), { maxLength: 10 })

describe('pkt-line', () => {
  it('round-trips, wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.uint8Array({ maxLength: 300 }), { nil: undefined })), places, (payloads, where) => {
        const bytes = Buffer.concat(payloads.map(p => (p ? encodePacket(Buffer.from(p)) : flushPacket)))
        const reader = new PacketReader()
        const packets: Packet[] = cut(bytes, where).flatMap(piece => reader.push(piece))
        expect(packets.map(p => (p.type === 'data' ? Buffer.from(p.payload).toString('hex') : p.type))).to.deep.equal(
          payloads.map(p => (p ? Buffer.from(p).toString('hex') : 'flush')),
        )
        expect(reader.rest).to.have.length(0)
      }),
    )
  })
  it('knows delim and response-end', () =>
    expect(new PacketReader().push(Buffer.from('00010002')).map(p => p.type)).to.deep.equal(['delim', 'response-end']))
  for (const bad of ['zzzz', '0003', 'fff1', 'ffff', 'GET '])
    it(`refuses ${bad}`, () => expect(() => new PacketReader().push(Buffer.from(`${bad}abc`))).to.throw(ProtocolError))
  it('never throws anything else, whatever comes', () => {
    fc.assert(
      fc.property(fc.uint8Array(), bytes => {
        try {
          new PacketReader().push(Buffer.from(bytes))
        } catch (error) {
          expect(error).to.be.instanceOf(ProtocolError)
        }
      }),
    )
  })
})

describe('side band', () => {
  it('splits what is longer than a packet', () => {
    const packets = new PacketReader().push(bandPackets(band.progress, 'x'.repeat(longestPayload * 2)))
    expect(packets).to.have.length(3)
    for (const p of packets) expect(p.type === 'data' && p.payload[0]).to.equal(2)
  })
  it('takes out what could move a terminal’s cursor, keeps colours', () =>
    expect(printable('a\u0007b\rc\u001b[31mred\tx\u009b2J')).to.equal('ab\nc\u001b[31mred\tx2J'))
})

const zero = '0'.repeat(40)
const one = '1'.repeat(40)
describe('receive request', () => {
  const head = (options: string[], capabilities = 'report-status side-band-64k push-options') =>
    Buffer.concat([
      encodePacket(`${zero} ${one} refs/heads/main\0 ${capabilities}\n`),
      encodePacket(`${one} ${zero} refs/heads/$(touch x);\`y\``),
      flushPacket,
      ...(capabilities.includes('push-options') ? [...options.map(o => encodePacket(o)), flushPacket] : []),
      Buffer.from('PACK....'),
    ])
  it('reads updates, capabilities and options, wherever the stream is cut', () => {
    fc.assert(
      fc.property(places, where => {
        const parser = receiveRequestParser()
        const found = cut(head(['canary=10', 'skip-build', 'note=a=b']), where).map(piece => parser.push(piece))
        const request = found.find(r => r !== undefined)!
        expect(request.updates.map(u => u.ref)).to.deep.equal(['refs/heads/main', 'refs/heads/$(touch x);`y`'])
        expect(request.capabilities.has('side-band-64k')).to.equal(true)
        expect({ ...request.options }).to.deep.equal({ canary: '10', 'skip-build': '', note: 'a=b' })
      }),
    )
  })
  it('takes the probe that git sends before a large push for a push of nothing', () =>
    expect(receiveRequestParser().push(flushPacket)!.updates).to.deep.equal([]))
  it('does not wait for options that the client did not announce', () =>
    expect(receiveRequestParser().push(head([], 'report-status'))!.updates).to.have.length(2))
  it('refuses what is no push', () => expect(() => receiveRequestParser().push(encodePacket('hello'))).to.throw(ProtocolError))
})

describe('report-status', () => {
  it('reads what was taken and what was not', () => {
    const lines = ['unpack ok\n', 'ok refs/heads/main\n', 'option refname x\n', 'ng refs/heads/x non-fast-forward update\n']
    expect(parseReport(Buffer.concat([...lines.map(l => encodePacket(l)), flushPacket]))).to.deep.equal({
      unpack: 'ok',
      accepted: ['refs/heads/main'],
      rejected: [{ ref: 'refs/heads/x', why: 'non-fast-forward update' }],
    })
  })
  it('refuses all', () =>
    expect(parseReport(rejectingReport(['refs/heads/a', 'refs/heads/b'], 'closed\nnow')).rejected).to.deep.equal([
      { ref: 'refs/heads/a', why: 'closed now' },
      { ref: 'refs/heads/b', why: 'closed now' },
    ]))
})

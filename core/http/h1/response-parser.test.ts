import { expect } from 'chai'
import fc from 'fast-check'
import { ResponseParser, ResponseProtocolError } from './response-parser.ts'

interface Seen {
  informed: number[]
  status: number
  headers: string[]
  body: string
  trailers: string[] | undefined
  ended: boolean
  switched: string | undefined
}

function feed(pieces: (string | Buffer)[], head = false) {
  const seen: Seen = { informed: [], status: 0, headers: [], body: '', trailers: undefined, ended: false, switched: undefined }
  const parser = new ResponseParser({
    onInform: status => void seen.informed.push(status),
    onSwitch: (status, _message, headers, rest) => void Object.assign(seen, { status, headers, switched: rest.toString() }),
    onWhole: (status, _message, headers, body) =>
      void Object.assign(seen, { status, headers, body: body.toString('latin1'), ended: true }),
    onStart: (status, _message, headers) => void Object.assign(seen, { status, headers }),
    onData: chunk => {
      seen.body += chunk.toString('latin1')
    },
    onEnd: trailers => void Object.assign(seen, { trailers, ended: true }),
  })
  parser.expect(head)
  let extra = 0
  for (const piece of pieces) extra += parser.execute(Buffer.isBuffer(piece) ? piece : Buffer.from(piece, 'latin1')).length
  return { parser, seen, extra }
}
const ok = 'HTTP/1.1 200 OK\r\n'

describe('response parser', () => {
  it('reads a body by its length', () => {
    const { seen, parser } = feed([`${ok}Content-Length: 5\r\nX-A: b \r\n\r\nhello`])
    expect(seen).to.include({ status: 200, body: 'hello', ended: true })
    expect(seen.headers).to.deep.equal(['Content-Length', '5', 'X-A', 'b'])
    expect(parser.keepAlive).to.equal(true)
  })
  it('reads chunks and trailers, and cuts hop-by-hop headers', () => {
    const { seen } = feed([
      `${ok}Transfer-Encoding: chunked\r\nConnection: close, X-Hop\r\nX-Hop: 1\r\nTrailer: X-T\r\n\r\n5;a=b\r\nhello\r\n0\r\nX-T: v\r\n\r\n`,
    ])
    expect(seen).to.deep.include({ body: 'hello', trailers: ['X-T', 'v'], headers: ['Trailer', 'X-T'], ended: true })
  })
  it('reads to the end of the connection where there is no length', () => {
    const { seen, parser } = feed([`${ok}\r\nhel`, 'lo'])
    expect([seen.body, seen.ended, parser.finish(), seen.ended]).to.deep.equal(['hello', false, true, true])
  })
  it('passes 100 and 103 on before the answer', () => {
    const { seen } = feed([
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n',
      `${ok}Content-Length: 0\r\n\r\n`,
    ])
    expect([seen.informed, seen.status]).to.deep.equal([[100, 103], 200])
  })
  it('hands the rest over after 101', () => {
    const { seen } = feed(['HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nabc'])
    expect(seen).to.deep.include({ status: 101, switched: 'abc', headers: ['Upgrade', 'websocket'] })
  })
  for (const [what, answer, head] of [
    ['HEAD', `${ok}Content-Length: 5\r\n\r\n`, true],
    ['204', 'HTTP/1.1 204 No Content\r\n\r\n', false],
    ['304', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n', false],
  ] as const)
    it(`knows that an answer to ${what} has no body`, () => expect(feed([answer], head).seen.ended).to.equal(true))
  it('does not use a connection again that said more than was asked', () => {
    const { parser, extra } = feed([`${ok}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n`])
    expect([parser.keepAlive, extra > 0]).to.deep.equal([false, true])
  })

  for (const [what, answer] of [
    ['a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 0\n\n'],
    ['a folded header', `${ok}X-A: b\r\n c\r\n\r\n`],
    ['a space before the colon', `${ok}X-A : b\r\n\r\n`],
    ['a bare CR in a value', `${ok}X-A: b\rc\r\n\r\n`],
    ['two lengths', `${ok}Content-Length: 1\r\nContent-Length: 1\r\n\r\nx`],
    ['a list of lengths', `${ok}Content-Length: 1, 1\r\n\r\nx`],
    ['a signed length', `${ok}Content-Length: +1\r\n\r\nx`],
    ['a length and chunks', `${ok}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
    ['another transfer coding', `${ok}Transfer-Encoding: gzip, chunked\r\n\r\n`],
    ['a chunk size that is no number', `${ok}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`],
    ['a chunk longer than its size', `${ok}Transfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n`],
    ['a chunk line that ends in LF', `${ok}Transfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n`],
    ['something else than HTTP', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
    ['headers without end', `${ok}X-A: ${'b'.repeat(70_000)}`],
  ] as const)
    it(`refuses ${what}`, () => expect(() => feed([answer])).to.throw(ResponseProtocolError))

  it('reads the same from any cut of the bytes', () => {
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 })
    fc.assert(
      fc.property(chunks, fc.array(fc.nat(400)), fc.boolean(), (parts, cuts, chunked) => {
        const body = Buffer.concat(parts)
        const framed = chunked
          ? Buffer.concat([
              ...parts.map(p => Buffer.concat([Buffer.from(`${p.length.toString(16)}\r\n`), p, Buffer.from('\r\n')])),
              Buffer.from('0\r\nX-T: 1\r\n\r\n'),
            ])
          : body
        const head = chunked ? 'Transfer-Encoding: chunked' : `Content-Length: ${body.length}`
        const bytes = Buffer.concat([Buffer.from(`${ok}${head}\r\n\r\n`), framed])
        const at = [...new Set([0, ...cuts.map(c => c % bytes.length), bytes.length])].sort((a, b) => a - b)
        const { seen, extra } = feed(at.slice(1).map((end, i) => bytes.subarray(at[i]!, end)))
        expect(seen).to.include({ status: 200, ended: true, body: body.toString('latin1') })
        expect(extra).to.equal(0)
      }),
    )
  })
  it('never hangs and throws nothing but its own error, whatever it is fed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 })), fc.boolean(), (pieces, afterHead) => {
        try {
          feed([...(afterHead ? [`${ok}Transfer-Encoding: chunked\r\n\r\n`] : []), ...pieces.map(p => Buffer.from(p))])
        } catch (error) {
          expect(error).to.be.instanceOf(ResponseProtocolError)
        }
      }),
    )
  })
})

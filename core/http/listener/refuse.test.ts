/** What a client may not send. Each row must end in a refusal and a closed connection, and nothing of it may reach the upstream. */
import { expect } from 'chai'
import { ListenError, type Listener, listen } from '../index.ts'
import { rawRequest } from '../testing/index.ts'

describe('listener', () => {
  let listener: Listener
  const reached: string[] = []
  beforeEach(async () => {
    reached.length = 0
    listener = await listen({
      port: 0,
      limits: { headersTimeoutMs: 300, maxHeaderBytes: 16 * 1024 },
      handle: exchange => {
        reached.push(exchange.url)
        const respond = () => exchange.respond(200, '', ['content-length', '0'], Buffer.alloc(0))
        if (exchange.body) exchange.body.stream.on('end', respond).resume()
        else respond()
      },
    })
  })
  afterEach(() => listener.close(0))
  const close = 'Connection: close\r\n'

  for (const [what, request, status] of [
    [
      'Content-Length and Transfer-Encoding',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'Transfer-Encoding and Content-Length',
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n',
      400,
    ],
    ['two lengths that differ', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd', 400],
    ['two lengths that agree', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nabcd', 400],
    ['a signed length', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +4\r\n\r\nabcd', 400],
    ['a bare LF behind the request line', 'GET / HTTP/1.1\nHost: a\r\n\r\n', 400],
    ['a bare LF behind a header', 'GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n', 400],
    ['a bare CR in a value', 'GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n', 400],
    ['a folded header', `GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n c\r\n${close}\r\n`, 400],
    ['a space before a colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['an obfuscated transfer coding', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n', 400],
    [
      'a list of transfer codings',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n${close}\r\n0\r\n\r\n`,
      400,
    ],
    ['a chunk size with a sign', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n+1\r\nx\r\n0\r\n\r\n', 400],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: a\r\nX: b\0\r\n\r\n', 400],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['two Hosts', `GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n${close}\r\n`, 400],
    ['a target that is no path', `GET ftp://a/ HTTP/1.1\r\nHost: a\r\n${close}\r\n`, 400],
    ['headers that are too large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'b'.repeat(20_000)}\r\n\r\n`, 431],
    ['an expectation that nobody knows', `GET / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\n${close}\r\n`, 417],
    ['something else than HTTP', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400],
  ] as const)
    it(`refuses ${what}`, async () => {
      const answer = await rawRequest(listener.port, Buffer.from(request, 'latin1'))
      // A body that turns out malformed is answered after the head was taken in; what counts is that no second request came of it.
      expect(answer).to.match(new RegExp(`HTTP/1.1 ${status} `))
      expect(reached.filter(url => url !== '/')).to.deep.equal([])
    })

  it('does not take a smuggled request out of a body', async () => {
    const inner = 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'
    await rawRequest(
      listener.port,
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${inner.length}\r\nTransfer-Encoding : chunked\r\n\r\n${inner}`,
    )
    expect(reached).to.deep.equal([])
  })
  it('answers 408 to headers that trickle', async () =>
    expect(await rawRequest(listener.port, 'GET / HTTP/1.1\r\nHost: a\r\nX-Slow:')).to.match(/^HTTP\/1.1 408/))
  it('closes a connection that says nothing', async () => expect(await rawRequest(listener.port, '')).to.equal(''))
  it('takes the host of an absolute target', async () => {
    await rawRequest(listener.port, `GET http://x.y/abs?q HTTP/1.1\r\nHost: a\r\n${close}\r\n`)
    expect(reached).to.deep.equal(['/abs?q'])
  })
  it('says who to ask when a port is taken', async () => {
    const error = await listen({ port: listener.port, handle: () => {} }).catch(e => e)
    expect(error).to.be.instanceOf(ListenError)
    expect(error.message).to.match(/in use by another process; stop it or configure another port/)
  })
})

/** The whole way on real sockets: client → listener → forwarder → upstream. */
import { createServer, get, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { connect as connectH2, constants, createServer as createH2, type Http2Server, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect, createServer as createTcp, type Server as TcpServer } from 'node:net'
import { expect } from 'chai'
import { type Endpoint, type Forwarder, forwarder, type Listener, listen } from './index.ts'
import { rawRequest } from './testing/index.ts'

describe('forwarding', () => {
  const closing: (() => unknown)[] = []
  let proxy: Listener
  let forward: Forwarder
  let target: Endpoint

  const portOf = (server: Server | Http2Server | TcpServer) => (server.address() as AddressInfo).port
  async function upstream(server: Server | Http2Server | TcpServer, protocol: Endpoint['protocol'] = 'http1') {
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    if ('closeAllConnections' in server) closing.push(() => server.closeAllConnections())
    target = { host: '127.0.0.1', port: portOf(server), protocol }
  }
  const serve = (listener: RequestListener) => upstream(createServer(listener))
  const echoHeaders: RequestListener = (req, res) => res.end(JSON.stringify({ url: req.url, raw: req.rawHeaders }))

  beforeEach(async () => {
    forward = forwarder({ connectTimeoutMs: 500 })
    proxy = await listen({ port: 0, handle: exchange => forward.hop(exchange, target) })
  })
  afterEach(async () => {
    forward.close()
    await proxy.close(0)
    for (const close of closing.splice(0).reverse()) await close()
  })

  const at = (path = '/') => ({ port: proxy.port, host: '127.0.0.1', path, agent: false as const })
  async function read(response: IncomingMessage): Promise<string> {
    let text = ''
    for await (const chunk of response) text += chunk
    return text
  }
  const ask = (options: object, body?: string | string[]) =>
    new Promise<IncomingMessage & { text: string }>((resolve, reject) => {
      const sent = request({ ...at(), ...options }, response =>
        read(response).then(text => resolve(Object.assign(response, { text })), reject),
      )
      sent.on('error', reject)
      if (Array.isArray(body)) for (const piece of body) sent.write(piece)
      sent.end(Array.isArray(body) ? undefined : body)
    })

  it('tells the upstream who asked for what, and cuts hop-by-hop headers', async () => {
    await serve(echoHeaders)
    const { text } = await ask({
      path: '/a?b=c',
      headers: {
        host: 'hello.demo.localhost:8080',
        connection: 'keep-alive, X-Private',
        'x-private': '1',
        'x-forwarded-for': '192.0.2.7',
        'x-forwarded-proto': 'https',
        'proxy-authorization': 'x',
        te: 'gzip, trailers',
      },
    })
    const { url, raw } = JSON.parse(text) as { url: string; raw: string[] }
    const headers = Object.fromEntries(raw.flatMap((name, i) => (i % 2 ? [] : [[name.toLowerCase(), raw[i + 1]]])))
    expect(url).to.equal('/a?b=c')
    expect(headers).to.deep.equal({
      host: 'hello.demo.localhost:8080',
      te: 'trailers',
      'x-forwarded-for': '192.0.2.7, 127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'hello.demo.localhost:8080',
      forwarded: 'for=127.0.0.1;host="hello.demo.localhost:8080";proto=http',
    })
  })
  it('passes bodies of known and unknown length', async () => {
    await serve(async (req, res) =>
      res.end(`${req.headers['content-length'] ?? req.headers['transfer-encoding']}:${await read(req)}`),
    )
    expect((await ask({ method: 'POST', headers: { 'content-length': 5 } }, 'hello')).text).to.equal('5:hello')
    expect((await ask({ method: 'POST' }, ['hel', 'lo'])).text).to.equal('chunked:hello')
  })
  it('passes megabytes both ways unchanged', async () => {
    await serve((req, res) => void req.pipe(res))
    const big = 'abcdefgh'.repeat(1_000_000)
    const { text } = await ask({ method: 'PUT' }, [big])
    expect(text.length).to.equal(big.length)
    expect(text === big).to.equal(true)
  })
  it('passes trailers both ways', async () => {
    await serve(async (req, res) => {
      await read(req)
      res.writeHead(200, { trailer: 'x-answer' })
      res.write('x')
      res.addTrailers({ 'x-answer': req.trailers['x-ask'] ?? 'none' })
      res.end()
    })
    const answer = await new Promise<IncomingMessage>(resolve => {
      const sent = request({ ...at(), method: 'POST', headers: { trailer: 'x-ask' } }, r => read(r).then(() => resolve(r)))
      sent.write('x')
      sent.addTrailers({ 'x-ask': '42' })
      sent.end()
    })
    expect(answer.trailers).to.deep.equal({ 'x-answer': '42' })
  })
  it('sends an event stream on as it comes', async () => {
    let push = (_text: string) => {}
    await serve((_req, res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' })
      res.flushHeaders()
      push = text => res.write(text)
    })
    const response = await new Promise<IncomingMessage>(resolve => get(at(), resolve))
    for (const event of ['data: 1\n\n', 'data: 2\n\n']) {
      const next = new Promise(resolve => response.once('data', chunk => resolve(String(chunk))))
      push(event)
      expect(await next).to.equal(event)
    }
    response.destroy()
  })
  it('tells the upstream when the client leaves', async () => {
    const left = new Promise<void>(resolve => {
      void serve((req, res) => {
        res.write('begun')
        req.on('close', resolve)
      })
    })
    await new Promise(resolve => setImmediate(resolve))
    get(at(), response => response.once('data', () => response.destroy()))
    await left
  })
  it('stops reading from an upstream whose client does not read', async () => {
    let written = 0
    await serve((_req, res) => {
      const piece = Buffer.alloc(64 * 1024)
      const more = () => {
        do written += piece.length
        while (res.write(piece))
        res.once('drain', more)
      }
      more()
    })
    const socket = connect(proxy.port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    socket.pause()
    let before = -1
    // Settles once all buffers on the way are full.
    for (let quiet = 0; quiet < 5; ) {
      await new Promise(resolve => setTimeout(resolve, 50))
      quiet = written === before && written > 0 ? quiet + 1 : 0
      before = written
    }
    expect(written).to.be.below(64 * 1024 * 1024)
    socket.destroy()
  })
  it('lets the upstream say whether a body is wanted', async () => {
    await upstream(
      createServer((_req, res) => res.end('unasked')).on('checkContinue', async (req, res) => {
        if (req.headers['x-ok']) {
          res.writeContinue()
          res.end(`got ${await read(req)}`)
        } else {
          res.writeHead(417, { connection: 'close' })
          res.end('no')
        }
      }),
    )
    const head = 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n'
    expect(await rawRequest(proxy.port, `${head}X-Ok: 1\r\n\r\n`, 'hi')).to.match(
      /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK[\s\S]*got hi/,
    )
    expect(await rawRequest(proxy.port, `${head}\r\n`)).to.match(/^HTTP\/1.1 417/)
  })
  it('joins both sockets after an upgrade, early bytes included', async () => {
    await upstream(
      createServer().on('upgrade', (_req, socket, head) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhello ')
        if (head.length) socket.write(head)
        socket.pipe(socket)
      }),
    )
    const socket = connect(proxy.port, '127.0.0.1')
    socket.write('GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nearly ')
    let text = ''
    await new Promise<void>(resolve =>
      socket.on('data', data => {
        text += data
        if (text.includes('early')) text.includes('late') ? resolve() : socket.write('late')
      }),
    )
    expect(text).to.match(/^HTTP\/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nUpgrade: echo\r\n\r\nhello early late$/)
    socket.destroy()
  })
  it('passes an answer that refuses an upgrade', async () => {
    await serve((_req, res) => res.writeHead(403).end('no'))
    const text = await rawRequest(proxy.port, 'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
    expect(text).to.match(/^HTTP\/1.1 403 Forbidden\r\n[\s\S]*no/)
  })
  it('answers in HTTP/1.1 where a client offers to change to h2c', async () => {
    await serve((_req, res) => res.end('plain'))
    const text = await rawRequest(
      proxy.port,
      'GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings, close\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n',
    )
    expect(text).to.match(/^HTTP\/1.1 200 OK\r\n[\s\S]*plain/)
  })

  describe('over HTTP/2', () => {
    const stream = (headers: object, body?: string) =>
      new Promise<{ headers: Record<string, unknown>; trailers: Record<string, unknown>; text: string }>((resolve, reject) => {
        const session = connectH2(`http://127.0.0.1:${proxy.port}`)
        session.on('error', reject)
        const sent = session.request({ ':path': '/', ...headers }, { endStream: body === undefined })
        const got = { headers: {}, trailers: {}, text: '' }
        sent.on('response', h => Object.assign(got.headers, h))
        sent.on('trailers', t => Object.assign(got.trailers, t))
        sent.on('data', chunk => {
          got.text += chunk
        })
        sent.on('error', reject)
        sent.on('close', () => {
          session.close()
          resolve(got)
        })
        if (body !== undefined) sent.end(body)
      })

    it('serves a client with prior knowledge from an HTTP/1.1 upstream', async () => {
      await serve(async (req, res) => res.end(`${req.headers.host} ${req.headers.cookie} ${await read(req)}`))
      const { text } = await stream({ ':method': 'POST', ':authority': 'a.b', cookie: ['x=1', 'y=2'] }, 'body')
      expect(text).to.equal('a.b x=1; y=2 body')
    })
    for (const [what, headers] of [
      ['a length of 0 and a body', { 'content-length': '0' }],
      ['a length that is too small', { 'content-length': '3' }],
      ['a path with a space', { ':path': '/ HTTP/1.1' }],
      ['a method with a space', { ':method': 'GET /x HTTP/1.1' }],
    ] as const)
      it(`lets no second request through in ${what}`, async () => {
        const urls: string[] = []
        await serve((req, res) => {
          urls.push(req.url ?? '')
          req.resume().on('end', () => res.end('ok'))
        })
        const outcome = await stream({ ':method': 'POST', ...headers }, 'GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n').then(
          answer => answer.headers[':status'],
          () => 'reset',
        )
        expect(outcome).to.not.equal(200)
        // Whatever was sent on is asked for by then: this request comes after it.
        expect((await ask({ path: '/next' })).statusCode).to.equal(200)
        expect(urls.filter(url => url !== '/' && url !== '/next')).to.deep.equal([])
      })
    it('carries a gRPC call with its trailers', async () => {
      const server = createH2()
      server.on('stream', (s: ServerHttp2Stream, headers) => {
        s.respond({ ':status': 200, 'content-type': headers['content-type'], 'x-te': headers.te }, { waitForTrailers: true })
        s.on('wantTrailers', () => s.sendTrailers({ 'grpc-status': '0' }))
        s.pipe(s)
      })
      await upstream(server, 'h2c')
      const { headers, trailers, text } = await stream(
        { ':method': 'POST', 'content-type': 'application/grpc', te: 'trailers' },
        '\0\0\0\0\0',
      )
      expect(headers).to.include({ ':status': 200, 'content-type': 'application/grpc', 'x-te': 'trailers' })
      expect(trailers).to.include({ 'grpc-status': '0' })
      expect(text).to.equal('\0\0\0\0\0')
      forward.retire(target)
    })
    it('keeps an answer of headers alone as it is', async () => {
      const server = createH2()
      server.on('stream', (s: ServerHttp2Stream) => s.respond({ ':status': 200, 'grpc-status': '12' }, { endStream: true }))
      await upstream(server, 'h2c')
      expect((await stream({ ':method': 'POST' }, 'x')).headers).to.include({ 'grpc-status': '12' })
      forward.retire(target)
    })
    it('serves HTTP/1.1 clients from an h2c upstream', async () => {
      const server = createH2((req, res) => res.end(`${req.method} ${req.url} ${req.headers[':authority']}`))
      await upstream(server, 'h2c')
      expect((await ask({ path: '/x', headers: { host: 'a.b' } })).text).to.equal('GET /x a.b')
      forward.retire(target)
    })
    it('answers 503 where an h2c upstream is not there', async () => {
      const server = createTcp()
      await upstream(server)
      target = { ...target, protocol: 'h2c' }
      await new Promise(resolve => server.close(resolve))
      expect((await ask({})).statusCode).to.equal(503)
    })
    it('resets the stream towards the upstream when the client does', async () => {
      const server = createH2()
      const code = new Promise(resolve =>
        server.on('stream', (s: ServerHttp2Stream) => {
          s.on('error', () => {})
          s.on('close', () => resolve(s.rstCode))
          s.respond({ ':status': 200 })
          s.write('x')
        }),
      )
      await upstream(server, 'h2c')
      const session = connectH2(`http://127.0.0.1:${proxy.port}`)
      const sent = session.request({ ':path': '/' })
      sent.on('data', () => sent.close(constants.NGHTTP2_CANCEL))
      expect(await code).to.equal(constants.NGHTTP2_CANCEL)
      session.destroy()
      forward.retire(target)
    })
  })

  describe('when the upstream fails', () => {
    const tcp = (onConnection: Parameters<typeof createTcp>[1]) => upstream(createTcp(onConnection!))

    it('answers 503 when nobody listens', async () => {
      const server = createTcp()
      await upstream(server)
      await new Promise(resolve => server.close(resolve))
      const response = await ask({ method: 'POST' }, 'body')
      expect([response.statusCode, response.headers['slipway-reason']]).to.deep.equal([503, 'ConnectFailed'])
      expect(response.text).to.match(/could not connect to 127\.0\.0\.1:\d+: ECONNREFUSED/)
    })
    it('answers 502 when it closes without an answer', async () => {
      await tcp(socket => socket.on('data', () => socket.end()).on('error', () => {}))
      const response = await ask({})
      expect([response.statusCode, response.headers['slipway-reason']]).to.deep.equal([502, 'UpstreamReset'])
    })
    it('answers 502 to what is not HTTP', async () => {
      await tcp(socket => socket.on('data', () => socket.write('220 smtp\r\n\r\n')).on('error', () => {}))
      expect((await ask({})).headers['slipway-reason']).to.equal('BadResponse')
    })
    it('cuts the answer short rather than end it whole', async () => {
      await tcp(socket =>
        socket.on('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf')).on('error', () => {}),
      )
      const error = await ask({}).then(
        () => undefined,
        (e: NodeJS.ErrnoException) => e.code,
      )
      expect(error).to.equal('ECONNRESET')
    })
    it('does not let a second answer reach the next request', async () => {
      await tcp(socket =>
        socket
          .on('data', () =>
            socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil'),
          )
          .on('error', () => {}),
      )
      for (let i = 0; i < 3; i++) expect((await ask({})).text).to.equal('ok')
    })
    it('takes a fresh connection when a kept one was closed meanwhile', async () => {
      let connections = 0
      await tcp(socket => {
        connections++
        let requests = 0
        // Answers once, then closes at the next request as a server does whose keep-alive has just run out.
        socket.on('data', () => {
          if (++requests === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
          else socket.resetAndDestroy()
        })
        socket.on('error', () => {})
      })
      for (let i = 0; i < 3; i++) expect((await ask({})).statusCode).to.equal(200)
      expect(connections).to.equal(3)
    })
    it('uses kept connections', async () => {
      let connections = 0
      const server = createServer((_req, res) => res.end('ok')).on('connection', () => connections++)
      await upstream(server)
      for (let i = 0; i < 5; i++) await ask({})
      expect(connections).to.equal(1)
    })
  })
})
